using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Every architecture with every normalisation, of random shapes, against its twin in double precision.</summary>
public class SaeKindTests
{
    private const int Tokens = 9;

    // Two texts, and an empty one between them.
    private static readonly int[] Texts = [5, 0, 4];

    private static readonly string[] Architectures =
    [
        "standard", "gated", "jumprelu", "topk", "abstopk", "transcoder", "skip_transcoder", "jumprelu_transcoder", "jumprelu_skip_transcoder", "temporal", "matching_pursuit",
    ];

    private static readonly string[] Normalizations = ["none", "constant_norm_rescale", "layer_norm", "constant_scalar_rescale", "expected_average_only_in", "covariance_whitening"];

    public static TheoryData<string, string, int> Cases()
    {
        var cases = new TheoryData<string, string, int>();
        foreach (var architecture in Architectures)
        {
            foreach (var normalization in Normalizations)
            {
                for (var variant = 0; variant < 3; variant++)
                    cases.Add(architecture, normalization, variant);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Steps_AnyShape_EqualTheTwin(string architecture, string normalization, int variant)
    {
        using var tiny = new TinySae(Shape(architecture, normalization, variant));
        var sae = tiny.Load();
        var x = tiny.Inputs(Tokens, seed: 70 + variant);
        var steps = Steps(tiny, x);
        double[] acts = [.. steps.SelectMany(s => s.Acts)];
        Assert.Contains(acts, a => a != 0);
        Assert.Contains(acts, a => a == 0);

        var before = x.Clone();
        TwinAssert.Close("dense", acts, sae.EncodeDense(x, Texts));
        var sparse = sae.Encode(x, texts: Texts);
        TwinAssert.Same("sparse", sae.EncodeDense(x, Texts), sparse.ToDense());
        TwinAssert.Close("decode", [.. steps.SelectMany(s => s.Recons)], sae.Decode(sparse));
        TwinAssert.Close("reconstruct", [.. steps.SelectMany(s => s.Output)], sae.Reconstruct(x, Texts));
        TwinAssert.Close("attached", [.. steps.SelectMany(s => s.Decoded)], sae.Forward(x, new SaePass { Texts = Texts, AsSaeLensAttaches = true }));
        TwinAssert.Same("the input", before, x);

        int[] chosen = [tiny.Shape.DSae - 1, 0, 1, 1];
        double[] some = [.. steps.SelectMany(s => chosen.Select(f => s.Acts[f]))];
        var found = sae.EncodeFeatures(x, chosen, Texts);
        for (var i = 0; i < some.Length; i++)
            Assert.Equal(some[i], found.Span[i], TwinAssert.Tolerance * acts.Max(Math.Abs));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Hooks_WrittenInto_ChangeWhatFollows(string architecture, string normalization, int variant)
    {
        using var tiny = new TinySae(Shape(architecture, normalization, variant));
        var sae = tiny.Load();
        var x = tiny.Inputs(Tokens, seed: 70 + variant);
        var steps = Steps(tiny, x, acts => (acts[1], acts[2]) = (0, acts[2] + 1.5));
        var hooks = new Editing();
        TwinAssert.Close("edited", [.. steps.SelectMany(s => s.Output)], sae.Forward(x, new SaePass { Texts = Texts, Hooks = hooks }));
        Assert.Equal(sae.SitesOf(asSaeLensAttaches: false), hooks.Seen.Keys);
        TwinAssert.Close("input", Array.ConvertAll(x.Memory.ToArray(), v => (double)v), hooks.Seen[SaeSite.Input]);
        TwinAssert.Close("acts_post", [.. Steps(tiny, x).SelectMany(s => s.Acts)], hooks.Seen[SaeSite.ActsPost]);
        TwinAssert.Close("recons", [.. steps.SelectMany(s => s.Recons)], hooks.Seen[SaeSite.Recons]);
        if (hooks.Seen.TryGetValue(SaeSite.ActsPre, out var pre))
            TwinAssert.Close("acts_pre", [.. steps.SelectMany(s => s.Pre)], pre);
    }

    [Theory, MemberData(nameof(Cases))]
    public void FoldDecoderNorms_GivesTheSameFunctionWithUnitRows(string architecture, string normalization, int variant)
    {
        using var tiny = new TinySae(Shape(architecture, normalization, variant));
        var sae = tiny.Load();
        if (architecture is "temporal" or "matching_pursuit" || (architecture is "topk" or "abstopk" && !tiny.Shape.Rescale))
        {
            Assert.Throws<SaeException>(() => sae.FoldDecoderNorms());
            return;
        }

        var folded = sae.FoldDecoderNorms();
        var x = tiny.Inputs(Tokens, seed: 70 + variant);
        var steps = Steps(tiny, x);
        var twin = new SaeTwin(tiny);
        TwinAssert.Close("reconstruct", [.. steps.SelectMany(s => s.Output)], folded.Reconstruct(x));
        var scaled = steps.SelectMany(s => s.Acts.Select((a, f) => tiny.Shape.Rescale ? a : a * twin.Norm(f))).ToArray();
        TwinAssert.Close("acts", scaled, folded.EncodeDense(x));
        for (var f = 0; f < tiny.Shape.DSae; f++)
            Assert.Equal(1, folded.Direction(f).Sum(v => (double)v * v), 1e-5);
    }

    [Theory, InlineData("standard"), InlineData("gated"), InlineData("jumprelu"), InlineData("topk")]
    public void Load_NormScalingFactor_IsFoldedWhereTheConfigAsksForIt(string architecture)
    {
        const double Factor = 0.37;
        using var asks = new TinySae(new TinySaeShape { Architecture = architecture, Normalize = "expected_average_only_in" });
        using var other = new TinySae(new TinySaeShape { Architecture = architecture });
        var options = new SaeLoadOptions { NormScalingFactor = Factor };
        var x = asks.Inputs(Tokens, seed: 4);
        var scaled = x.Clone();
        foreach (ref var v in scaled.Span)
            v = (float)(v * Factor);

        // With the factor folded in, x gives what x·factor gave without, b_dec being divided by it too.
        var steps = Steps(asks, scaled);
        var sae = asks.Load(options);
        TwinAssert.Close("acts", [.. steps.SelectMany(s => s.Acts)], sae.EncodeDense(x));
        TwinAssert.Close("output", [.. steps.SelectMany(s => s.Output.Select(v => v / Factor))], sae.Reconstruct(x));
        Assert.Null(sae.Config.Origin.UnfoldedNormalization);
        TwinAssert.Same("no factor asked for", other.Load().EncodeDense(x), other.Load(options).EncodeDense(x));
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(double.NaN), InlineData(double.PositiveInfinity), InlineData(1e-300)]
    public void FoldNormScalingFactor_NoFactor_IsRefused(double factor)
    {
        using var tiny = new TinySae();
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Load().FoldNormScalingFactor(factor));
    }

    [Theory, InlineData("temporal"), InlineData("matching_pursuit")]
    public void FoldNormScalingFactor_EncoderIsDecoder_IsRefused(string architecture)
    {
        using var tiny = new TinySae(Shape(architecture, "none", 0));
        Assert.Contains("encoder is its decoder", Assert.Throws<SaeException>(() => tiny.Load().FoldNormScalingFactor(2)).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Encode_NaNInTheInput_IsSeen(string architecture, string normalization, int variant)
    {
        using var tiny = new TinySae(Shape(architecture, normalization, variant));
        var sae = tiny.Load();
        var x = tiny.Inputs(3, seed: 5);
        x[1, 2] = float.NaN;
        int[] texts = [1, 1, 1];
        var features = sae.Encode(x, texts: texts);
        Assert.Contains(features.On(1), f => float.IsNaN(f.Value));
        Assert.DoesNotContain(features.On(0).Concat(features.On(2)), f => float.IsNaN(f.Value));
        Assert.Contains(sae.Reconstruct(x, texts)[1].Memory.ToArray(), float.IsNaN);
        Assert.Contains(sae.EncodeDense(x, texts)[1].Memory.ToArray(), float.IsNaN);
    }

    [Fact]
    public void Encode_TextsOfAnotherLength_AreRefused()
    {
        using var tiny = new TinySae(Shape("temporal", "none", 0));
        Assert.Contains("8 tokens together, but 9", Assert.Throws<SaeException>(() => tiny.Load().Encode(tiny.Inputs(9, 1), texts: [3, 5])).Message, StringComparison.Ordinal);
        Assert.Throws<SaeException>(() => tiny.Load().Encode(tiny.Inputs(9, 1), texts: [10, -1]));
    }

    private static TinySaeShape Shape(string architecture, string normalization, int variant)
    {
        var random = new Random(HashOf(architecture) * 31 + HashOf(normalization) * 7 + variant);
        var isTranscoder = architecture.EndsWith("transcoder", StringComparison.Ordinal);
        return new TinySaeShape
        {
            Architecture = architecture,
            Normalize = normalization,
            DIn = random.Next(5, 40),
            DOut = random.Next(3, 40),
            DSae = architecture == "temporal" ? 4 * random.Next(3, 12) : random.Next(12, 70),
            K = architecture == "temporal" && variant == 1 ? 0 : random.Next(1, 9),
            ApplyBDec = !isTranscoder && variant != 2,
            DType = (DType[])[DType.F32, DType.BF16, DType.F16] is var types ? types[variant] : default,
            Rescale = architecture is "topk" or "abstopk" && variant == 1,
            Tied = variant != 1,
            Layers = 1 + variant % 2,
            MaxIterations = variant == 0 ? null : 2 + variant,
            ResidualThreshold = variant == 2 ? 0 : 1.1,
            StopOnDuplicate = variant != 2,
            Seed = random.Next(),
        };
    }

    // A text's hash code differs from process to process.
    private static int HashOf(string text) => text.Aggregate(17, (hash, c) => unchecked(hash * 31 + c));

    private static SaeTwin.Steps[] Steps(TinySae tiny, Tensor x, Action<double[]>? change = null)
    {
        var twin = new SaeTwin(tiny);
        var rows = Enumerable.Range(0, x.Shape[0]).Select(t => Array.ConvertAll(x[t].Memory.ToArray(), v => (double)v)).ToArray();
        return [.. twin.RunText(rows[..Texts[0]], change), .. twin.RunText(rows[Texts[0]..], change)];
    }

    private sealed class Editing : ISaeHooks
    {
        public Dictionary<SaeSite, Tensor> Seen { get; } = [];

        public bool Wants(SaeSite site) => true;

        public void At(SaeSite site, Tensor value)
        {
            Seen.Add(site, value.Clone());
            if (site != SaeSite.ActsPost)
                return;
            for (var t = 0; t < value.Shape[0]; t++)
                (value[t, 1], value[t, 2]) = (0, value[t, 2] + 1.5f);
        }
    }
}
