using System.ComponentModel;
using System.Globalization;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Ends a kernel whose front end is gone: a notebook server that was killed cannot tell its kernels. Front ends put their process id
/// into <c>JPY_PARENT_PID</c>; without it, or where it names no process of this machine, nothing is watched.
/// </summary>
internal static class ParentWatch
{
    private const string Variable = "JPY_PARENT_PID";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Completes when the front end is gone; never, if it cannot be known.</summary>
    public static async Task GoneAsync(CancellationToken token)
    {
        // On Windows the variable holds a handle, which says nothing to this process.
        var known = !OperatingSystem.IsWindows()
            && int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && Start(id) is { } start
                ? (Id: id, Start: start)
                : default;
        if (known.Id == 0)
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(false);
        // An id is given out again: the same number with another start is another process.
        while (Start(known.Id) == known.Start)
            await Task.Delay(Interval, token).ConfigureAwait(false);
    }

    private static DateTime? Start(int id)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            return process.HasExited ? null : process.StartTime;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception or NotSupportedException)
        {
            return null;
        }
    }
}
