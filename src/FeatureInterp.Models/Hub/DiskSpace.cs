namespace FeatureInterp.Models;

/// <summary>Room on a disk, looked at before a download begins.</summary>
internal static class DiskSpace
{
    /// <summary>The bytes free for this user on the disk that holds a folder, which need not exist yet; null when that cannot be found out.</summary>
    public static long? Free(string folder)
    {
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } above)
            existing = above;
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(existing)! : existing).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;  // A network share that does not say is no reason to refuse.
        }
    }

    /// <summary>Refuses what does not fit.</summary>
    /// <exception cref="HubException">There is less room than <paramref name="needed"/> bytes.</exception>
    public static void Require(HubSettings settings, string what, long needed)
    {
        if (settings.FreeSpace(settings.CacheFolder) is { } free && free < needed)
            throw new HubException(HubFault.DiskSpace, $"{what} needs {ByteSize.Text(needed)} more on the disk of {settings.CacheFolder}, which has {ByteSize.Text(free)} free; make room, or set HF_HUB_CACHE to a folder on another disk.");
    }
}
