using System.Text;

namespace FeatureInterp.Models;

/// <summary>
/// The path of a file inside a repository, checked before it becomes a path on this machine. It comes from a server or from an index file, so it may try to
/// leave the folder it is put in.
/// </summary>
internal static class HubPath
{
    private const int MaxLength = 1024;
    private const int MaxSegmentBytes = 255;
    private const int MaxDepth = 16;

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9"];

    /// <summary>What makes a path unfit, or null when it is fit on every system: relative, forward slashes, no step upwards, no drive, no device.</summary>
    public static string? Fault(string path)
    {
        if (path.Length is 0 or > MaxLength)
            return $"the path has {path.Length} characters, where 1 to {MaxLength} are allowed";
        var segments = path.Split('/');
        return segments.Length > MaxDepth ? $"the path is more than {MaxDepth} folders deep" : segments.Select(SegmentFault).FirstOrDefault(f => f is not null);
    }

    /// <summary>The path below a folder.</summary>
    /// <exception cref="HubException">It would leave the folder, or cannot be a path.</exception>
    public static string Below(string folder, string path) => Fault(path) is { } fault
        ? throw new HubException(HubFault.InvalidName, $"The file name '{HubName.Shown(path)}' is refused: {fault}; a repository that has such names cannot be fetched.")
        : Path.Combine([folder, .. path.Split('/')]);

    private static string? SegmentFault(string segment)
    {
        if (segment.Length == 0)
            return "a folder's name in the path is empty, or the path is absolute";
        if (segment is "." or "..")
            return "the path steps to another folder with '.' or '..'";
        if (segment.Any(c => char.IsControl(c) || c is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' || char.IsSurrogate(c)))
            return "a character of the path is not allowed in file names everywhere";
        if (segment[^1] is '.' or ' ' || segment[0] == ' ')
            return "a name in the path begins with a space or ends with a space or a dot";
        if (Encoding.UTF8.GetByteCount(segment) > MaxSegmentBytes)
            return $"a name in the path is longer than {MaxSegmentBytes} bytes";
        return Devices.Contains(segment.Split('.')[0].TrimEnd(), StringComparer.OrdinalIgnoreCase) ? "a name in the path is that of a device" : null;
    }
}
