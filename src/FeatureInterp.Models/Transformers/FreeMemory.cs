using System.Globalization;

namespace FeatureInterp.Models;

/// <summary>How much memory the process may still take.</summary>
internal static class FreeMemory
{
    private const string Kilobytes = " kB";

    /// <summary>
    /// What the system says is available (on Linux <c>MemAvailable</c>, which counts the file pages it can give up), but no more than
    /// what the process's own limit leaves; elsewhere the limit the garbage collector knows less what is in use.
    /// </summary>
    public static double Bytes()
    {
        var info = GC.GetGCMemoryInfo();
        double limit = info.TotalAvailableMemoryBytes, used = GC.GetTotalMemory(forceFullCollection: false);
        return Math.Min(Linux() ?? limit - info.MemoryLoadBytes, limit - used);
    }

    private static double? Linux()
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal) && line.EndsWith(Kilobytes, StringComparison.Ordinal)
                    && double.TryParse(line.AsSpan("MemAvailable:".Length, line.Length - "MemAvailable:".Length - Kilobytes.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var kilobytes))
                    return kilobytes * 1024;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return null;
    }
}
