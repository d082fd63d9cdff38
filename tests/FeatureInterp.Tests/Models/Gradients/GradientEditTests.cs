using FeatureInterp.Models;
using FeatureInterp.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace FeatureInterp.Tests;

/// <summary>Gradients through changed values: against the twin with the same change, and against SAELens with its SAEs in place.</summary>
public class GradientEditTests
{
    private const string Below = "blocks.0.hook_resid_pre";

    private static readonly LogitMetric Difference = LogitMetric.LogitDifference(1, 0);

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    public static TheoryData<string, string, string> SaeCases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var model in new[] { "gpt2", "gemma2" })
        {
            foreach (var processing in new[] { "none", "default" })
            {
                foreach (var name in new[] { "attribution_resid1", "attribution_resid1_no_error", "attribution_mlp0_resid1_jump2" })
                    cases.Add(model, processing, name);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Families))]
    public void Mask_HeadAndPosition_IsTheTwinsDifferenceQuotient(string family) =>
        AsTheTwin(family, GradientEdit.Mask(Hook.Zero("blocks.1.hook_resid_pre", position: 2)), (name, value) =>
        {
            for (var i = 0; name == "blocks.1.hook_resid_pre" && i < value.Shape[1]; i++)
                value.Values[2 * value.Shape[1] + i] = 0;
        });

    [Theory, MemberData(nameof(Families))]
    public void Shift_Steering_IsTheTwinsDifferenceQuotient(string family) =>
        AsTheTwin(family, GradientEdit.Shift(Hook.Change("blocks.1.hook_mlp_out", value => TensorPrimitives.Add(value.Span, 0.3f, value.Span))), (name, value) =>
        {
            for (var i = 0; name == "blocks.1.hook_mlp_out" && i < value.Values.Length; i++)
                value.Values[i] += 0.3f;
        });

    [Theory, MemberData(nameof(Families))]
    public void Constant_Zeroed_IsTheTwinsDifferenceQuotient(string family) =>
        AsTheTwin(family, GradientEdit.Constant(Hook.Zero("blocks.0.attn.hook_z", head: 1)), (name, value) =>
        {
            if (name == "blocks.0.attn.hook_z")
                Replace(value, Held(family, name, value => ZeroHead(value, 1)));
        });

    // With patterns and scales as they are, only values carry a gradient: in the twin they are held at what they were.
    [Theory, MemberData(nameof(Families))]
    public void Hold_PatternsAndScales_IsTheTwinsDifferenceQuotient(string family)
    {
        using var tiny = Tiny(family);
        var (tokens, twin) = (tiny.Prompt(6, 1), new ModelTwin(tiny));
        twin.Run(tokens);
        GradientEdit[] edits = [GradientEdit.Hold("blocks.*.attn.hook_pattern"), GradientEdit.Hold("blocks.*.ln*.hook_scale"), GradientEdit.Hold("ln_final.hook_scale")];
        var found = tiny.Load().Gradient(tokens, Difference, at: Below, edit: edits);
        GradientTwin.AssertGradient(tiny, new LoadOptions(), tokens, Below, found.Gradients[Below][0].Span, GradientTwin.LogitDifference, (name, value) =>
        {
            if (name.EndsWith("hook_pattern", StringComparison.Ordinal) || (name.EndsWith("hook_scale", StringComparison.Ordinal) && name.Contains("ln", StringComparison.Ordinal)))
                Replace(value, twin.Hooks[name].Values);
        });
    }

    [Theory, MemberData(nameof(Families))]
    public void Edit_AnyFunction_IsTheTwinsDifferenceQuotient(string family)
    {
        var edit = new GradientEdit("blocks.1.hook_resid_pre", value =>
        {
            var before = value.Rows!.Clone();
            TensorPrimitives.Multiply(before.Span, before.Span, value.Rows.Span);
            return gradient =>
            {
                TensorPrimitives.Multiply(gradient.Rows!.Span, before.Span, gradient.Rows.Span);
                TensorPrimitives.Multiply(gradient.Rows.Span, 2f, gradient.Rows.Span);
            };
        });
        AsTheTwin(family, edit, (name, value) =>
        {
            for (var i = 0; name == "blocks.1.hook_resid_pre" && i < value.Values.Length; i++)
                value.Values[i] *= value.Values[i];
        });
    }

    // Two at one hook: x → 2x → 2x + 1, kept after both; the gradients come in the opposite order.
    [Fact]
    public void Edit_SeveralAtOneHook_AreInOrder()
    {
        using var tiny = Tiny("llama");
        var order = new List<string>();
        GradientEdit Named(string name, float factor, float shift) => new("blocks.1.hook_resid_post", value =>
        {
            foreach (ref var v in value.Rows!.Span)
                v = factor * v + shift;
            order.Add(name);
            return gradient => order.Add(name + " back");
        });
        var model = tiny.Load();
        var plain = model.Run(tiny.Prompt(4, 1), capture: "blocks.1.hook_resid_post").Activations["blocks.1.hook_resid_post"][0];
        var found = model.Gradient(tiny.Prompt(4, 1), Difference, at: "blocks.1.hook_resid_post", edit: [Named("first", 2, 0), Named("second", 1, 1)]);
        Assert.Equal(["first", "second", "second back", "first back"], order);
        Assert.Equal(2 * plain.Span[5] + 1, found.Activations["blocks.1.hook_resid_post"][0].Span[5], 1e-5);
    }

    [Theory, MemberData(nameof(SaeCases))]
    public void Edit_SaesInPlace_GiveSaeLensAttributions(string model, string processing, string name)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", model);
        var golden = new Golden(Path.Combine(folder, processing, name));
        var hooks = golden.Json.GetProperty("hooks").EnumerateArray().Select(h => h.GetString()!).ToArray();
        var names = golden.Json.GetProperty("saes").EnumerateArray().Select(s => s.GetString()!).ToArray();
        var keepsError = golden.Json.GetProperty("include_error_term").GetBoolean();
        var saes = Array.ConvertAll(names, n => new FileSae(Path.Combine(folder, "saes", n), SubtractsBDec(Path.Combine(folder, "saes", n)), keepsError));
        var loaded = Transformer.Load(Path.Combine(folder, "hf"), new LoadOptions { Processing = processing == "none" ? WeightProcessing.None : WeightProcessing.Standard });
        var found = loaded.Gradient(golden.Tokens("tokens"), LogitMetric.LogitDifference(5, 9), edit: [.. saes.Select((s, i) => s.At(hooks[i]))]);
        Assert.Equal(golden.Json.GetProperty("metric_value").GetDouble(), found.Values[0], 1e-5);
        for (var i = 0; i < saes.Length; i++)
        {
            Golden.AssertClose("features", golden[names[i] + ".feature_acts"], saes[i].Features);
            Golden.AssertClose("feature gradients", golden[names[i] + ".feature_grads"], saes[i].FeatureGradients);
            Golden.AssertClose("output gradient", golden[names[i] + ".sae_out_grad"], saes[i].OutputGradient);
            Golden.AssertClose("input gradient", golden[names[i] + ".sae_in_grad"], saes[i].InputGradient);
            var attribution = saes[i].Features.Clone();
            TensorPrimitives.Multiply(attribution.Span, saes[i].FeatureGradients.Span, attribution.Span);
            Golden.AssertClose("attribution", golden[names[i] + ".attribution_per_position"], attribution);
        }
    }

    [Fact]
    public void Edit_EmbeddedSaeInPlace_GivesSaeLensAttributions()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        foreach (var wanted in golden.Json.GetProperty("attribution").EnumerateArray())
        {
            var task = wanted.GetProperty("prompt").GetString()!;
            var sae = new FileSae(Repository.Data("saes", "talegrid-6m-res-l3"), subtractsBDec: true, keepsError: true);
            var metric = LogitMetric.LogitDifference(wanted.GetProperty("token").GetInt32(), wanted.GetProperty("against").GetInt32());
            var found = EmbeddedPair.Model.Gradient(EmbeddedPair.Tokens(task), metric, edit: [sae.At("blocks.3.hook_resid_post")]);
            Assert.Equal(wanted.GetProperty("metric").GetDouble(), found.Values[0], 5e-4);
            Tensor perFeature = Tensor.Zeros(sae.Features.Shape[1]), perPosition = Tensor.Zeros(sae.Features.Shape[0]);
            for (var row = 0; row < perPosition.Length; row++)
            {
                TensorPrimitives.MultiplyAdd(sae.Features.Row(row), sae.FeatureGradients.Row(row), perFeature.Span, perFeature.Span);
                perPosition.Span[row] = TensorPrimitives.Dot<float>(sae.Features.Row(row), sae.FeatureGradients.Row(row));
            }

            Golden.AssertClose("per feature", golden[$"attribution/{task}/per_feature"], perFeature);
            Golden.AssertClose("per position", golden[$"attribution/{task}/per_position"], perPosition);
        }
    }

    private static bool SubtractsBDec(string folder)
    {
        using var config = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cfg.json")));
        return config.RootElement.GetProperty("apply_b_dec_to_input").GetBoolean();
    }

    private static TinyModel Tiny(string family) => new(new TinyShape { Layers = 3, Eps = 1e-3 }, family);

    private static void AsTheTwin(string family, GradientEdit edit, Action<string, TwinValue> change)
    {
        using var tiny = Tiny(family);
        var tokens = tiny.Prompt(6, 1);
        var found = tiny.Load().Gradient(tokens, Difference, at: Below, edit: [edit]);
        GradientTwin.AssertGradient(tiny, new LoadOptions(), tokens, Below, found.Gradients[Below][0].Span, GradientTwin.LogitDifference, change);
    }

    // What the twin has there without anything shifted, changed.
    private static double[] Held(string family, string name, Action<TwinValue> change)
    {
        using var tiny = Tiny(family);
        var twin = new ModelTwin(tiny);
        twin.Run(tiny.Prompt(6, 1));
        change(twin.Hooks[name]);
        return twin.Hooks[name].Values;
    }

    private static void ZeroHead(TwinValue value, int head)
    {
        for (var i = 0; i < value.Values.Length; i++)
        {
            if (i / value.Shape[2] % value.Shape[1] == head)
                value.Values[i] = 0;
        }
    }

    private static void Replace(TwinValue value, double[] with) => Array.Copy(with, value.Values, with.Length);
}
