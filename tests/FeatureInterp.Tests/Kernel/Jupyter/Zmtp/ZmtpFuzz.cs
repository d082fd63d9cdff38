using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Kernel.Jupyter.Zmtp;
using FeatureInterp.Tests.Tensors.Fuzz;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>
/// Conversations spoilt at random, by many at once, at sockets of every type: a good client is served after each round, and nobody
/// stays. A second in an ordinary run; FEATUREINTERP_FUZZ_SECONDS sets how long all types together are insulted,
/// FEATUREINTERP_FUZZ_SEED repeats a run.
/// </summary>
public sealed class ZmtpFuzz(ITestOutputHelper output)
{
    private const double UsualSeconds = 1;
    private const int Together = 20;

    public static TheoryData<string> Types => [nameof(ZmtpSocketType.Router), nameof(ZmtpSocketType.Publisher), nameof(ZmtpSocketType.Reply)];

    [Theory, MemberData(nameof(Types))]
    public async Task SpoiltConversations_LeaveASocketThatServes(string name)
    {
        var type = Enum.Parse<ZmtpSocketType>(name);
        var asked = Environment.GetEnvironmentVariable("FEATUREINTERP_FUZZ_SECONDS");
        var seconds = asked is null ? UsualSeconds : double.Parse(asked, CultureInfo.InvariantCulture) / Types.Count;
        var seed = Environment.GetEnvironmentVariable("FEATUREINTERP_FUZZ_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : asked is null ? 1 : Environment.TickCount;
        output.WriteLine($"{name}: seed {seed}");
        var sound = ZmtpConversation.For(type);
        await using var socket = ZmtpSocket.Bind(type, TestSockets.AnyPort, TestSockets.Strict);
        await using var echo = ZmtpEcho.At(socket, type);
        var start = Stopwatch.GetTimestamp();
        var conversations = 0;
        do
        {
            var spoilt = Enumerable.Range(seed + conversations, Together).Select(s => Mutation.Apply(sound, new Random(s))).ToArray();
            try
            {
                await Task.WhenAll(spoilt.Select(bytes => TestSockets.InsultAsync(socket, bytes)));
                await TestSockets.AssertEchoesAsync(socket, type);
                await TestSockets.UntilAsync(() => socket.Connected == 0);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{name}, FEATUREINTERP_FUZZ_SEED={seed + conversations}: {e.Message}", e);
            }

            conversations += Together;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);

        output.WriteLine($"{name}: {conversations} conversations");
    }
}
