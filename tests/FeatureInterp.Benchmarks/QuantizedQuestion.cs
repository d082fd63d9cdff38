using System.Diagnostics;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>The matrix products of SmolLM2-135M, a token and a prompt at a time: from its GGUF file (Q4_1, unembedding Q8_0) where
/// that is at hand, else from blocks of the same shapes.</summary>
internal static class QuantizedQuestion
{
    private const int PromptTokens = 512;
    private const int Layers = 30;

    private static readonly (string Name, int N, int K)[] Layer =
    [
        ("attn_q", 576, 576), ("attn_k", 192, 576), ("attn_v", 192, 576), ("attn_output", 576, 576), ("ffn_gate", 1536, 576), ("ffn_up", 1536, 576), ("ffn_down", 576, 1536),
    ];

    private static readonly float[] X = Inputs.Floats(PromptTokens * 1536, 1);
    private static readonly float[] Y = new float[PromptTokens * 49152];

    public static Report Answer()
    {
        var report = new Report("work", "threads", "weights", "MB", "ms median", "best", "GB/s of weights", "of read loop", "GF/s", "of FMA peak", "tokens/s", "× llama.cpp", "in CPU time");
        var peer = LlamaCpp.Find();
        var file = Model is null ? null : GgufFile.Open(Model);
        (string Name, Weight[] Weights)[] models =
        [
            ("Q4_1", Weights((name, n, k) => file is null ? Blocks(DType.Q4_1, n, k) : file[name], file is null ? Blocks(DType.Q8_0, 49152, 576) : file["token_embd.weight"])),
            ("Q8_0", Weights((_, n, k) => Blocks(DType.Q8_0, n, k), Blocks(DType.Q8_0, 49152, 576))),
            ("BF16", Weights((_, n, k) => Inputs.Weight(DType.BF16, n, k, 2), Inputs.Weight(DType.BF16, 49152, 576, 2))),
            ("F32", Weights((_, n, k) => Inputs.Weight(DType.F32, n, k, 2), Inputs.Weight(DType.F32, 49152, 576, 2))),
        ];
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            Measure(report, models, threads, 1);
            Measure(report, [models[0], models[^1]], threads, PromptTokens);
            if (peer is not null && file is not null)
            {
                Race(report, models[0].Weights, threads, 1, peer);
                Race(report, models[0].Weights, threads, PromptTokens, peer);
            }
        }

        Workers.SetCount(0);
        report.Note($"Decode: 30 × (q, k, v, o, gate, up, down) and the unembedding, one row each; prefill: {PromptTokens} rows, without the unembedding. Products alone: no attention, norms or sampling.");
        report.Note(file is null ? "The model's GGUF file was not at hand: blocks of random bytes." : "Q4_1 is the model's own file, mapped; the other weights are random.");
        report.Note("The read loop adds up the bytes of the same weights with the widest vectors; peak: fused multiply-adds on registers; each on the same threads, in turn with the rest.");
        report.Note(peer is null
            ? "llama.cpp was not at hand (FEATUREINTERP_LLAMACPP names the folder of llamacpp.mjs and its node_modules)."
            : "llama.cpp computes the whole model (with attention, norms and sampling), in processes of its own that take turns with ours; ratios are its time over ours. CPU time adds up all threads, our waiting ones among them.");
        if (peer is not null)
            report.Note("llama.cpp's threads spin while they wait for each other: where other programs hold a processor (see the load below), its decode on two threads collapses, and that ratio says nothing about a calm machine.");
        return report;
    }

    private static string? Model => Checkout.RealModel;

    private static unsafe void Measure(Report report, (string Name, Weight[] Weights)[] models, int threads, int rows)
    {
        var decode = rows == 1;
        var paired = new Paired(decode ? 9 : 3).Add("peak", Machine.PeakOperations * Machine.VectorWidth * threads, Machine.PeakFma);
        foreach (var (name, weights) in models)
        {
            if (decode)
            {
                paired.Add("read " + name, 1, () =>
                {
                    foreach (var w in weights)
                        Machine.Read(w.Pointer, (nint)w.DType.ByteCount(w.Count));
                });
            }

            paired.Add(name, 1, () => Multiply(weights, rows));
        }

        paired.Run();
        foreach (var (name, weights) in models)
        {
            double bytes = Used(weights, rows).Sum(w => w.DType.ByteCount(w.Count)), work = 2.0 * rows * Used(weights, rows).Sum(w => w.Count);
            report.Row(decode ? "decode" : $"prefill {rows}", $"{threads}", name, Number(bytes / 1e6), Number(1e3 / paired.Rate(name), 2), Number(1e3 / paired.Best(name), 2),
                decode ? Number(bytes * paired.Rate(name) / 1e9) : "", decode ? Percent(paired.Ratio(name, "read " + name)) : "",
                Number(work * paired.Rate(name) / 1e9), decode ? "" : Percent(work * paired.Ratio(name, "peak")), Number(rows * paired.Rate(name)), "", "");
        }
    }

    // Both in turn, three times: medians of the ratios by the clock, and by the time of all threads, which other programs disturb less.
    private static void Race(Report report, Weight[] weights, int threads, int rows, LlamaCpp peer)
    {
        var calls = rows == 1 ? 64 : 3;
        var rounds = new List<(double Clock, double Cpu, double Theirs, double TheirCpu)>();
        for (var round = 0; round < 3; round++)
        {
            var (clock, cpu) = peer.Milliseconds(Model!, threads, rows == 1);
            Multiply(weights, rows);
            var before = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            for (var call = 0; call < calls; call++)
                Multiply(weights, rows);
            rounds.Add((Stopwatch.GetElapsedTime(start).TotalMilliseconds / calls, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / calls, clock, cpu));
        }

        var work = rows == 1 ? "decode" : $"prefill {rows}";
        report.Row(work, $"{threads}", "Q4_1, in turn with llama.cpp", "", Number(Median(rounds.Select(r => r.Clock)), 2), Number(rounds.Min(r => r.Clock), 2), "", "", "", "",
            Number(1e3 * rows / Median(rounds.Select(r => r.Clock))), Number(Median(rounds.Select(r => r.Theirs / r.Clock)), 2), Number(Median(rounds.Select(r => r.TheirCpu / r.Cpu)), 2));
        report.Row(work, $"{threads}", "llama.cpp, Q4_1", "", Number(Median(rounds.Select(r => r.Theirs)), 2), Number(rounds.Min(r => r.Theirs), 2), "", "", "", "",
            Number(1e3 * rows / Median(rounds.Select(r => r.Theirs))), "", "");
    }

    private static void Multiply(Weight[] weights, int rows)
    {
        foreach (var w in Used(weights, rows))
            Kernels.Linear(X.AsSpan(0, rows * w.RowLength), w, Y.AsSpan(0, rows * w.RowCount));
    }

    // The unembedding comes last; a prompt needs none of it but the last row's, which is left out.
    private static Weight[] Used(Weight[] weights, int rows) => rows == 1 ? weights : weights[..^1];

    private static Weight[] Weights(Func<string, int, int, Weight> layer, Weight unembedding) =>
        [.. Enumerable.Range(0, Layers).SelectMany(i => Layer.Select(l => layer($"blk.{i}.{l.Name}.weight", l.N, l.K))), unembedding];

    private static Weight Blocks(DType dtype, int n, int k)
    {
        var bytes = new byte[dtype.ByteCount((long)n * k)];
        new Random(n + k).NextBytes(bytes);
        for (var at = 0; at < bytes.Length; at += dtype.BlockBytes())
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(at), (Half)0.01);
            if (dtype == DType.Q4_1)
                BitConverter.TryWriteBytes(bytes.AsSpan(at + 2), (Half)(-0.08));
        }

        return Weight.FromBytes("w", dtype, bytes, n, k);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
