using System.Runtime.InteropServices;

namespace FeatureInterp.Kernel.Runner;

/// <summary>Turns Ctrl-C and a termination signal into a cancelled token; the second one ends the process at once.</summary>
public sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    /// <summary>Starts listening.</summary>
    public Interrupts() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, c => On(c, Runner.ExitCode.Cancelled)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => On(c, Runner.ExitCode.Terminated)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit code the first signal asks for: 130 after Ctrl-C, 143 after a termination signal, as shells count them.</summary>
    public int ExitCode { get; private set; } = Runner.ExitCode.Cancelled;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void On(PosixSignalContext context, int code)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
            Environment.Exit(code);
        ExitCode = code;
        // What listens to the token may take its time; the handler must be free for the second signal.
        _ = Task.Run(_source.Cancel);
    }
}
