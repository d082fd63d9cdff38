namespace FeatureInterp.Kernel.Runner;

/// <summary>What the process ends with.</summary>
public static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>A cell failed, or the work could not be done.</summary>
    public const int Failed = 1;

    /// <summary>The command line, or a file it names, is not what is wanted; nothing was run.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Cancelled = 130;

    /// <summary>Stopped by a termination signal.</summary>
    public const int Terminated = 143;
}
