using System.Text;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Writes files so that a reader sees the old file or the new one, never half of either.</summary>
internal static class AtomicFile
{
    /// <summary>Writes UTF-8 without a byte order mark to a temporary name beside <paramref name="path"/>, then renames it.</summary>
    /// <exception cref="NotebookException">The file cannot be written there.</exception>
    public static void Write(string path, string text) => Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        writer.Write(text);
    });

    /// <summary>Lets someone write to a temporary name beside <paramref name="path"/>, then renames it.</summary>
    /// <exception cref="NotebookException">The file cannot be written there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
                write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw new NotebookException($"{path} could not be written ({e.Message.TrimEnd('.')}); write it somewhere else.", e);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one worth telling.
        }
    }
}
