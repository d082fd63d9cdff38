using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Tensors.Fuzz;

/// <summary>
/// Weight files spoilt at random open and read to their end, or are refused by the one exception: never another, never a crash,
/// a hang, or memory taken on a file's word. A few seconds in an ordinary run; FEATUREINTERP_FUZZ_SECONDS sets how long all
/// formats together are spoilt, here and in <c>WeightFileMutations</c> by halves, FEATUREINTERP_FUZZ_SEED repeats a run.
/// </summary>
public sealed class WeightFileFuzz(ITestOutputHelper output) : IDisposable
{
    private const double UsualSeconds = 2;
    private const int UsualFiles = 3000;

    // Mapped files go when the collector finds that nobody reads them; a process may have only so many at a time.
    private const int MostMapped = 2048;

    // A spoilt file is a few kilobytes; what it costs must be in proportion.
    private const long MostAllocated = 64 << 20;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Formats => new(FuzzFormat.All.Select(f => f.Name));

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Formats))]
    public void Open_SoundFile_Reads(string name)
    {
        var format = FuzzFormat.All.Single(f => f.Name == name);
        foreach (var bytes in format.Sound)
            format.OpenAndReadEverything(Write(format, bytes));
    }

    [Theory, MemberData(nameof(Formats))]
    public void Open_SpoiltFile_ReadsOrThrowsTheOneException(string name)
    {
        var format = FuzzFormat.All.Single(f => f.Name == name);
        var asked = Environment.GetEnvironmentVariable("FEATUREINTERP_FUZZ_SECONDS");
        var seconds = asked is null ? UsualSeconds : double.Parse(asked, CultureInfo.InvariantCulture) / 2 / FuzzFormat.All.Count;
        var seed = Environment.GetEnvironmentVariable("FEATUREINTERP_FUZZ_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : asked is null ? 1 : Environment.TickCount;
        output.WriteLine($"{name}: seed {seed}");
        var start = Stopwatch.GetTimestamp();
        int files = 0, refused = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds && (asked is not null || files < UsualFiles))
        {
            // Every file has a seed of its own, so that one can be made again without those before it.
            var random = new Random(seed + files++);
            var bytes = Mutation.Apply(format.Sound[random.Next(format.Sound.Count)], random);
            if (files % MostMapped == 0)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            refused += Try(format, bytes, $"{name}, FEATUREINTERP_FUZZ_SEED={seed + files - 1}") ? 0 : 1;
        }

        output.WriteLine($"{name}: {files} files, {refused} refused");
        Assert.InRange(refused, 1, files);
    }

    private bool Try(FuzzFormat format, byte[] bytes, string what)
    {
        var path = Write(format, bytes);
        var start = Stopwatch.GetTimestamp();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = false;
        try
        {
            format.OpenAndReadEverything(path);
            read = true;
        }
        catch (WeightFileException e)
        {
            Assert.Equal(path, e.Path);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name} instead of WeightFileException ({e.Message})", e);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostAllocated, $"{what}: {GC.GetAllocatedBytesForCurrentThread() - before} bytes were allocated for a file of {bytes.Length}");
        Assert.True(Stopwatch.GetElapsedTime(start) < MostTime, $"{what}: it took {Stopwatch.GetElapsedTime(start)}");
        return read;
    }

    private string Write(FuzzFormat format, byte[] bytes)
    {
        var path = _folder.PathOf("spoilt" + format.Extension);
        File.Delete(path); // a mapped file must not change under its readers
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
