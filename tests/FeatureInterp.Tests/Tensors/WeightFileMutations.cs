using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>
/// Weight files spoilt at random, always in the same way: each must open so that every row of every array can be read, or the one
/// exception must say why not, soon and without much memory. FEATUREINTERP_FUZZ_SECONDS makes
/// them go on: half of that time is these tests', in equal shares, the other half <c>WeightFileFuzz</c>'s.
/// </summary>
internal static class WeightFileMutations
{
    private const long MaxManagedBytes = 256 << 20;

    private static readonly ulong[] Numbers =
        [0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 1UL << 61, long.MaxValue, 1UL << 63, ulong.MaxValue];

    private const int Tests = 8;

    private static readonly double Seconds =
        double.TryParse(Environment.GetEnvironmentVariable("FEATUREINTERP_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds / 2 / Tests : 0;

    /// <summary>Opens spoilt files, at least so many, and reads them whole.</summary>
    /// <param name="path">Where the file is written.</param>
    /// <param name="count">How many at least.</param>
    /// <param name="spoil">Makes a spoilt file.</param>
    /// <param name="open">Opens it and gives its arrays.</param>
    public static void Check(string path, int count, Func<Random, byte[]> spoil, Func<string, IEnumerable<Weight>> open)
    {
        var clock = Stopwatch.StartNew();
        for (var seed = 0; seed < count || clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            File.WriteAllBytes(path, spoil(new Random(seed)));
            var (before, started) = (GC.GetAllocatedBytesForCurrentThread(), clock.Elapsed);
            try
            {
                foreach (var weight in open(path))
                    ReadWhole(weight);
            }
            catch (WeightFileException e)
            {
                Assert.StartsWith(Path.GetDirectoryName(path)!, e.Path, StringComparison.Ordinal);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MaxManagedBytes, $"seed {seed} took {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
            Assert.True((clock.Elapsed - started).TotalSeconds < 30, $"seed {seed} took {clock.Elapsed - started}");
        }
    }

    /// <summary>One to four changes: a byte, a bit, a number, a piece cut out, doubled, moved or blanked, or the end cut off.</summary>
    public static byte[] Mutate(byte[] sound, Random random)
    {
        var bytes = (byte[])sound.Clone();
        for (var change = random.Next(1, 5); change > 0 && bytes.Length > 0; change--)
        {
            var (from, length) = (random.Next(bytes.Length), random.Next(1, 32));
            var to = Math.Min(from + length, bytes.Length);
            switch (random.Next(8))
            {
                case 0: bytes[from] = (byte)random.Next(256); break;
                case 1: bytes[from] ^= (byte)(1 << random.Next(8)); break;
                case 2 or 3: WriteNumber(bytes, from, 1 << random.Next(1, 4), Numbers[random.Next(Numbers.Length)]); break;
                case 4: bytes = [.. bytes[..from], .. bytes[to..]]; break;
                case 5: bytes = [.. bytes[..to], .. bytes[from..]]; break;
                case 6: bytes.AsSpan(from, to - from).CopyTo(bytes.AsSpan(random.Next(bytes.Length - (to - from) + 1))); break;
                default: bytes = random.Next(4) == 0 ? bytes[..from] : Blanked(bytes, from, to); break;
            }
        }

        return bytes;
    }

    private static byte[] Blanked(byte[] bytes, int from, int to)
    {
        bytes.AsSpan(from, to - from).Clear();
        return bytes;
    }

    private static void WriteNumber(byte[] bytes, int at, int size, ulong number)
    {
        Span<byte> field = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(field, number);
        field[..Math.Min(size, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
    }

    private static void ReadWhole(Weight weight)
    {
        var rows = weight.Count == 0 ? Math.Min(weight.RowCount, 1000) : weight.RowCount;
        var row = new float[weight.RowLength];
        for (var i = 0; i < rows; i++)
            weight.CopyRow(i, row);
    }
}
