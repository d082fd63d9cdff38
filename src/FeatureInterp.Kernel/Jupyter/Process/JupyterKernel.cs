using System.Text.Json.Nodes;
using System.Threading.Channels;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A kernel that serves one connection file until it is told to end, its front end is gone or a signal comes.</summary>
internal sealed class JupyterKernel : IAsyncDisposable
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CellsEnd = TimeSpan.FromMilliseconds(500);

    private readonly KernelSockets _sockets;
    private readonly MessageCodec _codec;
    private readonly KernelServices _services;
    private readonly KernelLog _log;
    private readonly CrashNotes _notes;
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Binds the sockets; nothing is answered yet.</summary>
    /// <param name="connection">Where to listen.</param>
    /// <param name="host">What runs cells.</param>
    /// <param name="log">Where trouble is noted.</param>
    /// <param name="overflowFolder">The folder for output too long to send, or null.</param>
    /// <exception cref="ConnectionFileException">A port is taken.</exception>
    public JupyterKernel(ConnectionFile connection, ICellHost host, KernelLog log, string? overflowFolder)
    {
        _log = log;
        _codec = new MessageCodec(new MessageSigner(connection.Key), new SeenMessages());
        _sockets = KernelSockets.Bind(connection, _codec);
        _notes = new CrashNotes(connection.Path);
        _services = new KernelServices(_sockets, host, _notes, () => End(ExitCode.Success), overflowFolder);
    }

    /// <summary>The notes this kernel leaves about the cell it runs.</summary>
    public CrashNotes Notes => _notes;

    /// <summary>Interrupts the cell that runs: what Ctrl-C does.</summary>
    public void Interrupt() => _services.Running.Interrupt();

    /// <summary>Begins the end. The first code given is the process's.</summary>
    public void End(int exitCode) => _exit.TrySetResult(exitCode);

    /// <summary>Answers until the end; the exit code.</summary>
    public async Task<int> RunAsync()
    {
        var token = _ended.Token;
        _sockets.Publish("status", MessageHeader.None, new JsonObject { ["execution_state"] = "starting" });
        var loops = Task.WhenAll(
            Task.Run(() => new RequestLoop(RequestChannel.Control, _sockets.Control.Incoming, _codec, _services.Dispatcher, _log).RunAsync(token), CancellationToken.None),
            Task.Run(() => new RequestLoop(RequestChannel.Shell, _sockets.Shell.Incoming, _codec, _services.Dispatcher, _log).RunAsync(token), CancellationToken.None),
            Task.Run(() => TakeAnswersAsync(token), CancellationToken.None));
        var parent = ParentWatch.GoneAsync(token);
        if (await Task.WhenAny(_exit.Task, loops, parent).ConfigureAwait(false) == parent)
            End(ExitCode.Success);
        else if (loops.IsCompleted)
            End(ExitCode.Failed);

        // A cell that listens gets a moment to put its things in order; the others go with the process.
        _services.Running.Interrupt();
        await _ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(loops, Task.Delay(CellsEnd, CancellationToken.None)).ConfigureAwait(false);
        await LastWordsAsync(LastWords).ConfigureAwait(false);
        _notes.Close();
        return await _exit.Task.ConfigureAwait(false);
    }

    /// <summary>Tells the front end why the process ends in the middle of a cell, as well as that can be known.</summary>
    /// <param name="why">The end of "The kernel ended while it ran cell 3: …".</param>
    public void Explain(string why)
    {
        if (_exit.Task.IsCompleted || _notes.Explain(why) is not { } cell)
            return;
        _log.Note($"{cell} ended the kernel: {why}.");
        LastWordsAsync(TimeSpan.FromMilliseconds(300)).Wait(TimeSpan.FromMilliseconds(500));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        _services.Dispose();
        await _sockets.DisposeAsync().ConfigureAwait(false);
    }

    private Task LastWordsAsync(TimeSpan longest)
    {
        _services.Flusher.FlushAll();
        return _sockets.FlushAsync(longest);
    }

    private async Task TakeAnswersAsync(CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            try
            {
                var frames = await _sockets.Stdin.Incoming.ReadAsync(token).ConfigureAwait(false);
                _services.Input.Answer(_codec.Decode(frames.Peer, frames.Frames));
            }
            catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
            {
                return;
            }
            catch (Exception e)
            {
                _log.Note($"stdin: {e.Message}; dropped.");
            }
        }
    }
}
