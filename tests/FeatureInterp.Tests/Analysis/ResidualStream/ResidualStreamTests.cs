using System.Xml.Linq;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The residual stream taken apart and put together again, on random models.</summary>
public sealed class ResidualStreamTests : IDisposable
{
    private static readonly int[][] Prompts = [TinyGpt2.Prompt(7, 1), TinyGpt2.Prompt(4, 2)];

    private readonly TinyGpt2 _gpt2 = new();
    private readonly TinyModel _gemma2 = new();

    public static TheoryData<string> Processings => TinyGpt2.Processings;

    public void Dispose()
    {
        _gpt2.Dispose();
        _gemma2.Dispose();
    }

    [Theory, MemberData(nameof(Processings))]
    public void Decompose_EveryLayer_SumsToTheStream(string name)
    {
        var (stream, run) = Gpt2(name);
        for (var p = 0; p < Prompts.Length; p++)
        {
            for (var layer = 0; layer < 3; layer++)
            {
                Golden.AssertClose($"into {layer}", run.Activations[$"blocks.{layer}.hook_resid_pre"][p], stream.Decompose(layer).Sum(p));
                Golden.AssertClose($"into MLP {layer}", run.Activations[$"blocks.{layer}.hook_resid_mid"][p], stream.Decompose(layer, mlpInput: true).Sum(p));
            }

            Golden.AssertClose("out", run.Activations["blocks.2.hook_resid_post"][p], stream.Decompose(-1).Sum(p));
        }

        Assert.Equal(["embed", "pos_embed", "0_attn_out", "0_mlp_out", "1_attn_out"], stream.Decompose(1, mlpInput: true).Labels);
        Assert.Equal(["0_mlp_out", "1_mlp_out"], stream.Decompose(2, parts: ResidualParts.Mlp, inclEmbeds: false).Labels);
    }

    [Fact]
    public void Accumulated_EachEntry_IsTheVeryValueOfTheRun()
    {
        var (stream, run) = Gpt2("standard");
        var stack = stream.Accumulated(inclMid: true);
        foreach (var label in stack.Labels)
        {
            var hook = label == "final_post" ? "blocks.2.hook_resid_post" : $"blocks.{label[0]}.hook_resid_{label[2..]}";
            TwinAssert.Same(label, run.Activations[hook][1], stack.Component(label, prompt: 1));
        }

        Assert.Equal(["0_pre", "1_pre", "1_mid"], stream.Accumulated(1, mlpInput: true).Labels);
    }

    [Fact]
    public void Accumulated_NormAfresh_IsTheLogitLens()
    {
        // The entry "2_pre" through ln_final is what the model would unembed if it ended there.
        foreach (var processing in new[] { "none", "standard" })
        {
            var (stream, run) = Gpt2(processing);
            var rows = Joined(run.Activations["blocks.2.hook_resid_pre"]);
            var early = stream.Model.Run(Prompts, startAtLayer: 3, residual: rows, capture: "unembed.hook_in");
            var stack = stream.Accumulated(applyLn: true);
            for (var p = 0; p < Prompts.Length; p++)
                Golden.AssertClose("2_pre", early.Activations["unembed.hook_in"][p], stack.Component("2_pre", p));
        }
    }

    [Theory, MemberData(nameof(Processings))]
    public void HeadResults_OfABlock_SumToItsAttentionWithoutBias(string name)
    {
        var (stream, run) = Gpt2(name);
        var (heads, bias) = (stream.HeadResults(), stream.Model.LensWeights.Block(1).b_O());
        Assert.Equal(9, heads.Labels.Count);
        for (var p = 0; p < Prompts.Length; p++)
        {
            var wanted = run.Activations["blocks.1.hook_attn_out"][p];
            for (var i = 0; i < Prompts[p].Length; i++)
            {
                for (var d = 0; d < TinyGpt2.Width; d++)
                    Assert.Equal(wanted[i, d] - bias.Span[d], heads[p][3, i, d] + heads[p][4, i, d] + heads[p][5, i, d], 1e-4);
            }
        }
    }

    [Fact]
    public void HeadAndNeuronResults_OfGemma2_SumThroughThePostNorm()
    {
        var stream = ResidualStream.Run(_gemma2.Load(), Prompts);
        var run = stream.Model.Run(Prompts, capture: HookSelection.All);
        foreach (var (stack, hook, perLayer) in new[]
        {
            (stream.HeadResults(throughPostNorm: true), "hook_attn_out", _gemma2.Shape.Heads),
            (stream.NeuronResults(throughPostNorm: true), "hook_mlp_out", _gemma2.Shape.DMlp),
        })
        {
            var part = stack with { Labels = [.. stack.Labels.Skip(perLayer).Take(perLayer)], Values = [.. stack.Values.Select(v => v.Rows(perLayer, perLayer))] };
            Golden.AssertClose(hook, run.Activations["blocks.1." + hook][1], part.Sum(1));
        }

        Golden.AssertClose("all", run.Activations["blocks.2.hook_resid_post"][0], stream.Full(throughPostNorm: true).Sum());
        Golden.AssertClose("with a remainder", run.Activations["blocks.2.hook_resid_pre"][0], stream.HeadResults(layer: 2, inclRemainder: true).Sum());
    }

    [Theory, MemberData(nameof(Processings))]
    public void NeuronResults_OfABlock_SumToItsMlpWithoutBias(string name)
    {
        var (stream, run) = Gpt2(name);
        var (stack, bias) = (stream.NeuronResults(layer: 1, at: -1), stream.Model.LensWeights.Block(0).b_out());
        Assert.Equal("L0N21", stack.Labels[^1]);
        for (var p = 0; p < Prompts.Length; p++)
        {
            var (sum, wanted) = (stack.Sum(p), run.Activations["blocks.0.hook_mlp_out"].Last(p));
            for (var d = 0; d < TinyGpt2.Width; d++)
                Assert.Equal(wanted.Span[d] - bias.Span[d], sum[0, d], 1e-4);
        }

        var few = stream.NeuronResults(neurons: [20, 3], inclRemainder: true, at: -1);
        Assert.Equal(["L0N20", "L0N3", "L1N20", "L1N3", "L2N20", "L2N3", "remainder"], few.Labels);
        TwinAssert.Same("L0N3", stack.Component("L0N3"), few.Component("L0N3"));
        Golden.AssertClose("sum", run.Activations["blocks.2.hook_resid_post"].Last(), few.Sum());
    }

    [Theory, MemberData(nameof(Processings))]
    public void Full_Decomposition_SumsToTheStream(string name)
    {
        var (stream, run) = Gpt2(name);
        Golden.AssertClose("out", run.Activations["blocks.2.hook_resid_post"][1], stream.Full().Sum(1));
        Golden.AssertClose("neurons", run.Activations["blocks.2.hook_resid_post"][0], stream.Full(expandNeurons: true).Sum());
        Golden.AssertClose("into MLP 1", run.Activations["blocks.1.hook_resid_mid"][0], stream.Full(layer: 1, mlpInput: true).Sum());
    }

    [Fact]
    public void ApplyLn_EachPart_IsCentredAndDividedByTheScaleOfTheWhole()
    {
        var (stream, run) = Gpt2("standard");
        var parts = stream.Decompose();
        foreach (var (normalized, scale) in new[]
        {
            (stream.ApplyLn(parts, layer: 1, mlpInput: true), run.Activations["blocks.1.ln2.hook_scale"]), (stream.ApplyLn(parts), run.Activations["ln_final.hook_scale"]),
        })
        {
            for (var c = 0; c < parts.Labels.Count; c++)
            {
                var row = parts[0][c].Row(3).ToArray();
                for (var d = 0; d < row.Length; d++)
                    Assert.Equal((row[d] - row.Average()) / scale[0][3, 0], normalized[0][c, 3, d], 1e-5);
            }
        }
    }

    [Fact]
    public void LogitAttributions_OfAWholeStream_SumToTheLogits()
    {
        var (gpt2, _) = Gpt2("standard");
        var gemma2 = ResidualStream.Run(_gemma2.Load(), Prompts);
        foreach (var (stream, stack) in new[] { (gpt2, gpt2.Full()), (gemma2, gemma2.Decompose()) })
        {
            // Before a soft cap.
            var logits = stream.Model.Run(Prompts, capture: "unembed.hook_out").Activations["unembed.hook_out"];
            var one = stream.LogitAttributions(stack, tokens: 5);
            var pair = stream.LogitAttributions(stack, new[] { 5, 9 }, 11);
            for (var p = 0; p < Prompts.Length; p++)
            {
                for (var i = 0; i < Prompts[p].Length; i++)
                {
                    Assert.Equal(logits[p][i, 5], Sum(one, p, i) + one.UnembedBias[p], 2e-4);
                    Assert.Equal(logits[p][i, p == 0 ? 5 : 9] - logits[p][i, 11], Sum(pair, p, i) + pair.UnembedBias[p], 2e-4);
                }
            }
        }

        static double Sum(LogitAttribution a, int prompt, int position) => Enumerable.Range(0, a.Labels.Count).Sum(c => (double)a[prompt][c, position]);
    }

    [Fact]
    public void TopNeurons_AreThoseOfAllNeurons()
    {
        foreach (var stream in new[] { Gpt2("standard").Stream, ResidualStream.Run(_gemma2.Load(), Prompts) })
        {
            var all = stream.LogitAttributions(stream.NeuronResults(throughPostNorm: true, at: 2), 4, 8);
            var top = stream.TopNeurons(6, 4, 8, prompt: 1, position: 2);
            var ranked = all.Ranked(1);
            Assert.Equal(ranked.Take(6).Select(r => r.Label), top.Neurons.Select(n => n.Label));
            Assert.All(top.Neurons.Zip(ranked), pair => Assert.Equal(pair.Second.Value, pair.First.Attribution, 1e-4));
            Assert.Equal(ranked.Sum(r => (double)r.Value), top.Total, 1e-3);
            Assert.Contains(top.Neurons[0].Label, top.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Positions_AreCountedFromEachPromptsOwnEnd()
    {
        var (stream, run) = Gpt2("none");
        var stack = stream.Accumulated(at: new[] { -1, 0, 2 });
        Assert.Equal([6, 0, 2], stack.Positions[0]);
        Assert.Equal([3, 0, 2], stack.Positions[1]);
        var wanted = run.Activations["blocks.1.hook_resid_pre"][1];
        Assert.Equal(wanted.Row(3).ToArray(), stack.Component("1_pre", 1).Row(0).ToArray());
        Assert.Equal(wanted.Row(2).ToArray(), stack.Component("1_pre", 1).Row(2).ToArray());
    }

    [Fact]
    public void Processing_DefaultIsStandardAndInTheProvenance()
    {
        var model = _gpt2.Load();
        Assert.Equal(WeightProcessing.Standard.ToString(), ResidualStream.Run(model, Prompts).Provenance.ModelFlags["weight processing"]);
        Assert.Equal("none", ResidualStream.Run(model, Prompts, new() { Processing = WeightProcessing.None }).Provenance.ModelFlags["weight processing"]);
        var own = model.WithProcessing(new WeightProcessing { FoldLn = true });
        var provenance = ResidualStream.Run(own, Prompts).Provenance;
        Assert.Equal("fold_ln", provenance.ModelFlags["weight processing"]);
        Assert.Null(provenance.Sae);
        Assert.DoesNotContain("SAE", provenance.ToTable().ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Results_DrawThemselves()
    {
        var stream = Gpt2("standard").Stream;
        var attribution = stream.LogitAttributions(stream.HeadResults(), 4, 8);
        foreach (var (svg, text) in new[] { (stream.Decompose().ToDisplay().ToSvg(), stream.Decompose().ToString()), (attribution.ToDisplay().ToSvg(), attribution.ToString()) })
        {
            _ = XDocument.Parse(svg);
            Assert.Contains("fold_ln", text, StringComparison.Ordinal);
        }

        Assert.Contains(attribution.Ranked(1)[0].Label, attribution.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCannotBe_IsRefusedWithTheReason()
    {
        var stream = Gpt2("standard").Stream;
        Refused("layers 0–2", () => stream.Decompose(4));
        Refused("no MLP behind the last layer", () => stream.Decompose(mlpInput: true));
        Refused("Position 4", () => stream.Accumulated(at: 4));
        Refused("neurons 0–21", () => stream.NeuronResults(neurons: [22]));
        Refused("already", () => stream.ApplyLn(stream.Decompose(applyLn: true)));
        Refused("already", () => stream.LogitAttributions(stream.Decompose(applyLn: true), 1));
        Refused("did you mean '1_attn_out'", () => stream.Decompose().Component("1_atn_out"));
        Refused("Token 37", () => stream.LogitAttributions(stream.Decompose(), 37));
        Refused("3 tokens were given for 2 prompts", () => stream.LogitAttributions(stream.Decompose(), new[] { 1, 2, 3 }));
        Refused("Prompt 2", () => stream.TopNeurons(3, 1, prompt: 2));
        Refused("1 or more", () => stream.TopNeurons(0, 1));
        var small = ResidualStream.Run(_gpt2.Load(), Prompts, new() { MaxStackBytes = 20_000 });
        Refused("ask for fewer positions", () => small.NeuronResults());
        Assert.Equal(66, small.NeuronResults(at: -1).Labels.Count);
        Refused("MaxStackBytes is 0", () => ResidualStream.Run(_gpt2.Load(), Prompts, new() { MaxStackBytes = 0 }));

        static void Refused(string why, Action action) => Assert.Contains(why, Assert.Throws<AnalysisException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelled_Stops()
    {
        var stream = Gpt2("none").Stream;
        var cancelled = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => stream.HeadResults(cancellation: cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => ResidualStream.Run(_gpt2.Load(), Prompts, cancellation: cancelled));
    }

    private static Tensor Joined(Activation prompts)
    {
        float[] rows = [.. Enumerable.Range(0, prompts.Count).SelectMany(p => prompts[p].Span.ToArray())];
        return new Tensor(rows, rows.Length / TinyGpt2.Width, TinyGpt2.Width);
    }

    private (ResidualStream Stream, RunResult Run) Gpt2(string processing)
    {
        var stream = ResidualStream.Run(_gpt2.Load(), Prompts, new() { Processing = TinyGpt2.Processing(processing) });
        return (stream, stream.Model.Run(Prompts, capture: HookSelection.All));
    }
}
