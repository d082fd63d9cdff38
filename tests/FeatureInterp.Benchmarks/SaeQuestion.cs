using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>A Gemma-Scope-sized SAE beside a layer of the model it belongs to, on the same tokens.</summary>
internal static class SaeQuestion
{
    private const int Tokens = 512;
    private const int D = 2304;
    private const int Features = 16384;
    private const int Repetitions = 9;

    // So many deviations above zero, 64 of 16,384 features fire on a token of random numbers.
    private const float Deviations = 2.66f;

    public static Report Answer()
    {
        var report = new Report("weights", "what", "ms", "÷ a Gemma-2-2B layer", "÷ encoding all features");
        foreach (var dtype in new[] { DType.BF16, DType.F32 })
            Measure(report, dtype);
        report.Note($"{Tokens} tokens, an SAE of {Features} features of {D} values, random weights in temporary files, mapped; {Workers.Count} threads. Medians of {Repetitions} repetitions in which all take turns; ratios are medians of those within a repetition.");
        report.Note($"The layer is one block of Gemma-2-2B's shape (attention of 8 heads of 256 sharing 4 of keys and values, gated MLP of 9216), run up to its output. It multiplies {LayerProducts / 1e6:F1} million weights with each token, the SAE's encoder {(double)D * Features / 1e6:F1} million: {(double)D * Features / LayerProducts:F2} of it.");
        return report;
    }

    private static double LayerProducts => (double)D * (2 * 2048 + 2 * 1024 + 3 * 9216);

    private static void Measure(Report report, DType dtype)
    {
        using var layer = TemporaryModel.Gemma2Layer(dtype);
        using var jump = new TemporarySae(dtype, D, Features, Deviations * TemporarySae.Deviation(D));
        using var top = new TemporarySae(dtype, D, Features, 0, topK: 64);
        var model = Transformer.Load(layer.Folder);
        SparseAutoencoder sae = jump.Load(), topK = top.Load();
        var prompt = Enumerable.Range(0, Tokens).Select(i => i * 37 % 250).ToArray();
        var x = new Tensor(Inputs.Floats((long)Tokens * D, 1), [Tokens, D]);
        var acts = sae.Encode(x);
        var one = x.Rows(0, 1);
        int[] few = [.. Enumerable.Range(0, 8).Select(i => 1000 * i + 7)], some = [.. Enumerable.Range(0, 256).Select(i => 61 * i + 3)];
        var times = new Paired(Repetitions)
            .Add("layer", 1, () => model.Run(prompt, stopAtLayer: 1))
            .Add("encode", 1, () => sae.Encode(x))
            .Add("dense", 1, () => sae.EncodeDense(x))
            .Add("top", 1, () => topK.Encode(x))
            .Add("few", 1, () => sae.EncodeFeatures(x, few))
            .Add("some", 1, () => sae.EncodeFeatures(x, some))
            .Add("decode", 1, () => sae.Decode(acts))
            .Add("one", 1, () => sae.Encode(one))
            .Run(1);
        Row("one block of Gemma-2-2B", "layer");
        Row($"JumpReLU, {(double)acts.Count / Tokens:F0} features fire on a token", "encode");
        Row("the same, every zero written out", "dense");
        Row("TopK, k = 64", "top");
        Row($"{few.Length} chosen features", "few");
        Row($"{some.Length} chosen features", "some");
        Row("decoding what fired", "decode");
        Row("JumpReLU, one token", "one");

        void Row(string what, string name) =>
            report.Row(dtype.ToString(), what, Number(1000 / times.Rate(name), name is "few" or "some" or "decode" or "one" ? 2 : 0), Number(times.Ratio("layer", name), 3), Number(times.Ratio("encode", name), 3));
    }
}
