using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>What is resident when a checkpoint of 5 GB is run, when attention goes over long contexts, when a model is loaded often. Linux only.</summary>
internal static class MemoryQuestion
{
    public static Report Answer()
    {
        var report = new Report("what", "measured", "against");
        if (!OperatingSystem.IsLinux())
        {
            report.Note("The system's account of a process is read from /proc, which is not here.");
            return report;
        }

        Attention(report);
        Checkpoint(report);
        report.Note("Resident: VmRSS of /proc/self/status; peak: VmHWM after it was set back. The checkpoint is a sparse file, Llama's layout in bf16; reading it maps pages of zeros, which count as any others.");
        return report;
    }

    // One layer's attention at the sizes of Llama 3 8B.
    private static void Attention(Report report)
    {
        foreach (var length in new[] { 2048, 4096, 8192 })
        {
            var shape = new AttentionShape(length, length, 32, 8, 128, 1 / MathF.Sqrt(128));
            float[] q = Inputs.Floats(shape.QueryLength, 1), k = Inputs.Floats(shape.KeyLength, 2), v = Inputs.Floats(shape.KeyLength, 3), z = new float[shape.QueryLength];
            Array.Fill(z, 1);
            ResetPeak();
            var before = Status("VmRSS");
            var clock = Stopwatch.StartNew();
            Kernels.Attention(q, k, v, shape, z);
            report.Row($"attention of {length} tokens, 32/8 heads of 128: beyond queries, keys, values and result", Megabytes(Status("VmHWM") - before),
                $"its scores would be {Megabytes(4.0 * shape.Heads * length * length)}; {clock.Elapsed.TotalSeconds:F1} s");
        }
    }

    private static void Checkpoint(Report report)
    {
        using var temporary = TemporaryModel.Llama(DType.BF16, layers: 32, d: 2560, heads: 20, keyValueHeads: 5, headDim: 128, mlp: 6912, vocabulary: 128256, context: 8192, sparse: true);
        var size = new FileInfo(temporary.WeightFile).Length;
        Transformer.Load(temporary.Folder);
        var times = new double[9];
        for (var i = 0; i < times.Length; i++)
        {
            var clock = Stopwatch.StartNew();
            Transformer.Load(temporary.Folder);
            times[i] = clock.Elapsed.TotalMilliseconds;
        }

        report.Row($"load of {size / 1e9:F2} GB, warm, median of {times.Length}", $"{times.Order().ElementAt(times.Length / 2):F1} ms", "1 s");
        Collect();
        var before = Status("VmRSS");
        Prefill(temporary, 512);
        var touched = new ModelProducts(temporary, 1).Bytes;
        report.Row("resident after a prefill of 512 tokens, over what it was before the load", Megabytes(Status("VmRSS") - before), $"{(Status("VmRSS") - before) / touched:F3} × the {Megabytes(touched)} of weights touched");
        Collect();
        var (maps, resident) = (Maps(temporary.WeightFile), Status("VmRSS"));
        for (var i = 0; i < 10; i++)
            Prefill(temporary, 2);
        Collect();
        report.Row("ten more loads and runs", $"{Maps(temporary.WeightFile)} mappings of the file, {Megabytes(Status("VmRSS") - resident)} more resident", $"{maps} mappings before");
    }

    private static void Prefill(TemporaryModel temporary, int tokens) =>
        Transformer.Load(temporary.Folder).Run(new int[tokens], logits: LogitsAt.Last);

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static int Maps(string file) => File.ReadLines("/proc/self/maps").Count(line => line.EndsWith(file, StringComparison.Ordinal));

    private static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    // In bytes; the file says "VmRSS:    12345 kB".
    private static double Status(string field) =>
        1024 * double.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static string Megabytes(double bytes) => Number(bytes / (1 << 20), 1) + " MB";
}
