using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>A program at the other side of a socket: it answers every message of a router with the same, and publishes without end.</summary>
internal sealed class ZmtpEcho : IAsyncDisposable
{
    /// <summary>What is published.</summary>
    public static readonly byte[][] Published = ["good "u8.ToArray(), [1, 2, 3]];

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    private ZmtpEcho(Func<CancellationToken, Task> work) => _work = Task.Run(() => work(_stop.Token));

    public static ZmtpEcho At(ZmtpSocket socket, ZmtpSocketType type) => new(type switch
    {
        ZmtpSocketType.Router => stop => AnswerAsync(socket, stop),
        ZmtpSocketType.Publisher => stop => PublishAsync(socket, stop),
        _ => _ => Task.CompletedTask,
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private static async Task AnswerAsync(ZmtpSocket router, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var message = await router.Incoming.ReadAsync(stop);
                router.Send(message.Peer, message.Frames);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task PublishAsync(ZmtpSocket publisher, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            publisher.Publish(Published);
            await Task.Delay(2, CancellationToken.None);
        }
    }
}
