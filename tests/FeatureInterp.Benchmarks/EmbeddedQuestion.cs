using System.Diagnostics;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Benchmarks;

/// <summary>The embedded model from end to end, beside its matrix multiplies alone: what the rest of the forward pass costs.</summary>
internal static class EmbeddedQuestion
{
    private const int PromptTokens = 512;
    private const int NewTokens = 64;
    private const int Repetitions = 15;

    public static Report Answer()
    {
        var report = new Report("what", "median", "share of its matrix multiplies alone");
        var first = Stopwatch.StartNew();
        var model = Transformer.Load("talegrid-6m");
        report.Row("load, first in the process (with JIT)", $"{first.Elapsed.TotalMilliseconds:F0} ms", "");

        var prompt = new int[PromptTokens];
        for (var i = 0; i < prompt.Length; i++)
            prompt[i] = i == 0 ? 2 : 260 + i * 37 % 3000;
        var weights = Matrices(model);
        var sae = SparseAutoencoder.Load("talegrid-6m-res-l3").For(model);
        var times = new Paired(Repetitions)
            .Add("load", 1, () => Transformer.Load("talegrid-6m"))
            .Add("prefill", PromptTokens, () => model.Run(prompt, logits: LogitsAt.Last))
            .Add("prefill matmuls", PromptTokens, () => Multiply(weights, PromptTokens))
            .Add("every logit", PromptTokens, () => model.Run(prompt))
            .Add("to the SAE", PromptTokens, () => sae.Encode(model.Run(prompt, capture: sae.Config.Hook.ToString(), stopAtLayer: 4).Activations[sae.Config.Hook][0]))
            .Add("decode", NewTokens, () => model.Generate(prompt[..16], NewTokens, stopAtEos: false))
            .Add("decode matmuls", NewTokens, () =>
            {
                for (var i = 0; i < NewTokens; i++)
                    Multiply(weights, 1, withUnembedding: true);
            })
            .Run(millisecondsEach: 200);

        report.Row("load, warm", $"{1000 / times.Rate("load"):F1} ms", "");
        report.Row($"prefill of {PromptTokens} tokens, last logits", Tokens(times.Rate("prefill")), Report.Percent(times.Ratio("prefill", "prefill matmuls")));
        report.Row($"prefill of {PromptTokens} tokens, every logit", Tokens(times.Rate("every logit")), "");
        report.Row("up to layer 3, then SAE features", Tokens(times.Rate("to the SAE")), "");
        report.Row($"decode, {NewTokens} tokens after 16, one prompt", Tokens(times.Rate("decode")), Report.Percent(times.Ratio("decode", "decode matmuls")));
        report.Note($"{Workers.Count} threads; medians of {Repetitions} interleaved repetitions. The share is the median over repetitions of the time its matrix multiplies take alone, one after another on the same weights, divided by the whole.");
        return report;
    }

    private static string Tokens(double rate) => $"{rate:F0} tokens/s";

    private static Weight[] Matrices(Transformer model)
    {
        var file = SafetensorsFile.Open(Path.Combine(model.Folder, "model.safetensors"));
        return [.. file.Weights.Values.Where(w => w.Shape.Length == 2).OrderBy(w => w.Name.Contains("embed", StringComparison.Ordinal) ? 1 : 0)];
    }

    private static void Multiply(Weight[] weights, int rows, bool withUnembedding = false)
    {
        foreach (var weight in withUnembedding ? weights : weights[..^1])
            Kernels.Linear(Floats(rows * weight.RowLength), weight, Floats(rows * weight.RowCount, 1));
    }

    private static readonly float[][] Buffers = [new float[PromptTokens * 4096], new float[PromptTokens * 4096]];

    private static Span<float> Floats(int count, int buffer = 0) => Buffers[buffer].AsSpan(0, count);
}
