namespace FeatureInterp.Models;

/// <summary>Puts a blob where its file name is looked for: by a relative link, or where the disk knows none by moving or copying, as huggingface_hub does.</summary>
internal static class SnapshotLink
{
    /// <summary>Makes <paramref name="target"/> show the blob, in one step.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="target">The file in the snapshot.</param>
    /// <param name="links">Whether links may be tried.</param>
    /// <param name="isNew">Whether the blob was just fetched, so that nothing else needs it and it can be moved.</param>
    public static void Place(string blob, string target, bool links, bool isNew)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var temporary = $"{target}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        if (links && TryLink(blob, temporary))
        {
            File.Move(temporary, target, overwrite: true);
        }
        else if (isNew)
        {
            File.Move(blob, target, overwrite: true);
        }
        else
        {
            File.Copy(blob, temporary, overwrite: true);
            File.Move(temporary, target, overwrite: true);
        }
    }

    private static bool TryLink(string blob, string link)
    {
        try
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, blob));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;  // Windows without developer mode, FAT: the file itself goes there instead.
        }
    }
}
