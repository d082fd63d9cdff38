namespace FeatureInterp.Models;

/// <summary>Files that may be links, as every file of a snapshot is; .NET tells the length of the link.</summary>
internal static class LinkedFile
{
    /// <summary>The bytes of a file, or of what a link leads to.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static long Length(string path) =>
        new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(path).Length;

    /// <summary>Whether a file is there, and where it is a link also what it leads to.</summary>
    public static bool Exists(string path) =>
        File.Exists(path) && new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is null or { Exists: true };
}
