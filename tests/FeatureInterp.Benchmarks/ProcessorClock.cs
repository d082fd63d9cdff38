using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FeatureInterp.Benchmarks;

/// <summary>
/// The processor time this process has used, where the system tells it finely (Linux), else the time of day. With one thread
/// it is the better clock on a machine that others use too: what they take is not counted.
/// </summary>
internal static partial class ProcessorClock
{
    private const int ProcessCpuTime = 2;

    /// <summary>Seconds since some moment.</summary>
    public static double Seconds =>
        OperatingSystem.IsLinux() && ClockGetTime(ProcessCpuTime, out var time) == 0
            ? time.Seconds + time.Nanoseconds / 1e9
            : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
