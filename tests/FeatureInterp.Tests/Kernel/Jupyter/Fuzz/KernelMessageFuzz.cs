using System.Diagnostics;
using System.Globalization;

namespace FeatureInterp.Tests.Kernel.Jupyter.Fuzz;

/// <summary>
/// Messages spoilt at random and signed with the right key: each is answered or dropped, and the kernel goes on. A second or so in an
/// ordinary run; FEATUREINTERP_FUZZ_SECONDS gives it a sixth of that time more, FEATUREINTERP_FUZZ_SEED repeats a run.
/// </summary>
public sealed class KernelMessageFuzz(ITestOutputHelper output)
{
    private const int UsualMessages = 1000;

    [Fact]
    public async Task SpoiltMessage_IsAnsweredOrDropped()
    {
        var asked = Environment.GetEnvironmentVariable("FEATUREINTERP_FUZZ_SECONDS");
        var seconds = asked is null ? 5 : double.Parse(asked, CultureInfo.InvariantCulture) / 6;
        var seed = Environment.GetEnvironmentVariable("FEATUREINTERP_FUZZ_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : asked is null ? 1 : Environment.TickCount;
        using var kernel = new FuzzedKernel();
        var start = Stopwatch.GetTimestamp();
        var messages = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds && (asked is not null || messages < UsualMessages))
        {
            try
            {
                // Every message has a seed of its own, so that one can be made again without those before it.
                await kernel.TryAsync(new Random(seed + messages++));
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidOperationException($"FEATUREINTERP_FUZZ_SEED={seed + messages - 1}: {e.Message}", e);
            }
        }

        output.WriteLine($"seed {seed}: {messages} messages, {kernel.Taken} taken, {kernel.Dropped} dropped");
        Assert.InRange(kernel.Taken, 1, messages - 1);
        Assert.InRange(kernel.Dropped, 1, messages - 1);
    }
}
