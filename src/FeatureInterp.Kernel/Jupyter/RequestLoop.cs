using System.Threading.Channels;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Takes one channel's requests in turn. A message that is none is noted and dropped; nothing that comes ends the loop.</summary>
/// <param name="channel">Which channel.</param>
/// <param name="incoming">What comes.</param>
/// <param name="codec">Reads it.</param>
/// <param name="dispatcher">Answers it.</param>
/// <param name="log">Where drops are noted.</param>
internal sealed class RequestLoop(RequestChannel channel, ChannelReader<ZmtpMessage> incoming, MessageCodec codec, Dispatcher dispatcher, KernelLog log)
{
    // What came before a cell failed and was not begun: cells among it are not run.
    private readonly Queue<JupyterMessage> _behindFailure = new();

    /// <summary>Runs until the channel ends or the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken token)
    {
        try
        {
            while (_behindFailure.Count > 0 || await incoming.WaitToReadAsync(token).ConfigureAwait(false))
            {
                if (_behindFailure.TryDequeue(out var waited))
                {
                    if (string.Equals(waited.Header.Type, "execute_request", StringComparison.Ordinal))
                        dispatcher.Abort(channel, waited);
                    else
                        await HandleAsync(waited).ConfigureAwait(false);
                }
                else if (incoming.TryRead(out var frames) && Decode(frames) is { } message)
                {
                    await HandleAsync(message).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The kernel ends.
        }
    }

    private async Task HandleAsync(JupyterMessage message)
    {
        try
        {
            await dispatcher.HandleAsync(channel, message, SetAside).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            log.Note($"{message.Header.Type} could not be answered: {e}");
        }
    }

    // Before the failure is told: what a client sends once it knows is a new beginning. Counted first, since reading makes room for more.
    private void SetAside()
    {
        for (var waiting = incoming.Count; waiting > 0 && incoming.TryRead(out var frames); waiting--)
        {
            if (Decode(frames) is { } message)
                _behindFailure.Enqueue(message);
        }
    }

    private JupyterMessage? Decode(ZmtpMessage frames)
    {
        try
        {
            return codec.Decode(frames.Peer, frames.Frames);
        }
        catch (MessageException e)
        {
            log.Note($"{channel.ToString().ToLowerInvariant()}: {e.Message}; dropped.");
            return null;
        }
        catch (Exception e)
        {
            log.Note($"{channel.ToString().ToLowerInvariant()}: a message could not be read: {e}");
            return null;
        }
    }
}
