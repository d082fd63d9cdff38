using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;
using FeatureInterp.Tensors;

namespace FeatureInterp.Benchmarks;

/// <summary>What this machine can do at best, measured beside what the kernels do.</summary>
internal static unsafe class Machine
{
    /// <summary>Floating-point operations of one <see cref="PeakFma"/> call on one thread.</summary>
    public const double PeakOperations = PeakRounds * 16.0 * 2;

    private const int PeakRounds = 1_000_000;

    public static string Processor { get; } = File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";

    public static string Slug
    {
        get
        {
            var slug = new StringBuilder();
            foreach (var c in Processor.Replace("(R)", "", StringComparison.Ordinal).ToLowerInvariant())
                slug.Append(char.IsAsciiLetterOrDigit(c) ? c : '-');
            var text = slug + (Vector512.IsHardwareAccelerated ? "-avx512" : "");
            while (text.Contains("--", StringComparison.Ordinal))
                text = text.Replace("--", "-", StringComparison.Ordinal);
            return text.Trim('-');
        }
    }

    /// <summary>How many threads wanted a processor in the last minute, where the system says.</summary>
    public static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    public static int VectorWidth => Vector512.IsHardwareAccelerated ? 16 : 8;

    /// <summary>Fused multiply-adds on 16 independent registers, on as many threads as <see cref="Workers"/> has.</summary>
    public static void PeakFma() => Workers.Run(Workers.Count, _ => Sink(Vector512.IsHardwareAccelerated ? Peak512() : Peak256()));

    /// <summary>Adds up memory eight vectors at a time: the speed at which it can be read.</summary>
    public static void Read(byte* p, nint bytes)
    {
        var chunks = Workers.Count * 8;
        Workers.Run(chunks, chunk => Sink(ReadPart((float*)(p + bytes / chunks * chunk), bytes / chunks / 4)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ReadPart(float* p, nint count)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (nint i = 0; i <= count - 64; i += 64)
        {
            a += Vector512.Load(p + i);
            b += Vector512.Load(p + i + 16);
            c += Vector512.Load(p + i + 32);
            d += Vector512.Load(p + i + 48);
        }

        return Vector512.Sum(a + b + c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Peak512()
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x, m = x, n = x, o = x, p = x;
        for (var round = 0; round < PeakRounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y); b = Vector512.FusedMultiplyAdd(b, x, y); c = Vector512.FusedMultiplyAdd(c, x, y); d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y); f = Vector512.FusedMultiplyAdd(f, x, y); g = Vector512.FusedMultiplyAdd(g, x, y); h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y); j = Vector512.FusedMultiplyAdd(j, x, y); k = Vector512.FusedMultiplyAdd(k, x, y); l = Vector512.FusedMultiplyAdd(l, x, y);
            m = Vector512.FusedMultiplyAdd(m, x, y); n = Vector512.FusedMultiplyAdd(n, x, y); o = Vector512.FusedMultiplyAdd(o, x, y); p = Vector512.FusedMultiplyAdd(p, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p);
    }

    // Twelve registers and two operands fit the sixteen of AVX2; a third again as many rounds makes the same count.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Peak256()
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.001f);
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var round = 0; round < PeakRounds / 3 * 4; round++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y); b = Vector256.FusedMultiplyAdd(b, x, y); c = Vector256.FusedMultiplyAdd(c, x, y); d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y); f = Vector256.FusedMultiplyAdd(f, x, y); g = Vector256.FusedMultiplyAdd(g, x, y); h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y); j = Vector256.FusedMultiplyAdd(j, x, y); k = Vector256.FusedMultiplyAdd(k, x, y); l = Vector256.FusedMultiplyAdd(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sink(float value) => GC.KeepAlive(value is float.NaN ? "" : null);
}
