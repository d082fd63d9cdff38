using System.Text;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Reads a notebook from disk, telling what is wrong with a path that is not one.</summary>
public static class NotebookFile
{
    /// <summary>The largest file read: 64 MiB, far above any source notebook.</summary>
    public const long MaxBytes = 64L << 20;

    /// <summary>Reads the notebook at <paramref name="path"/>.</summary>
    /// <exception cref="NotebookException">It is not there, is a folder, is no notebook by its extension, is too large, is not UTF-8 text, or is malformed.</exception>
    public static Notebook Load(string path)
    {
        if (Directory.Exists(path))
            throw new NotebookException($"{path} is a folder; name a notebook in it, a .dib or .ipynb file.");
        if (!File.Exists(path))
            throw new NotebookException($"There is no file {path}{Neighbours(path)}");
        var extension = Path.GetExtension(path);
        if (extension.Equals(".ipynb", StringComparison.OrdinalIgnoreCase))
            return IpynbFile.Parse(ReadText(path), path);
        if (!extension.Equals(".dib", StringComparison.OrdinalIgnoreCase))
            throw new NotebookException($"{path} is not a notebook this program reads: found '{extension}', wanted '.dib' or '.ipynb'.");
        return DibFile.Parse(ReadText(path), path);
    }

    /// <summary>Reads a notebook from a stream of text: an .ipynb when it begins with <c>{</c>, else a .dib.</summary>
    /// <exception cref="NotebookException">It is too large, or malformed.</exception>
    public static Notebook Read(TextReader reader)
    {
        const string name = "the standard input";
        var text = new char[1 << 16];
        var all = new StringBuilder();
        while (reader.Read(text) is > 0 and var read)
        {
            if (all.Append(text, 0, read).Length > MaxBytes)
                throw new NotebookException($"{name} goes on beyond {MaxBytes} characters, which is more than a notebook may have.");
        }

        var content = all.ToString();
        return content.AsSpan().TrimStart('\uFEFF').TrimStart().StartsWith('{') ? IpynbFile.Parse(content, name) : DibFile.Parse(content, name);
    }

    /// <summary>Reads a text file, bounded and checked.</summary>
    /// <exception cref="NotebookException">It is too large, not text, not UTF-8, or cannot be read.</exception>
    internal static string ReadText(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaxBytes)
                throw new NotebookException($"{path} has {length} bytes; a notebook may have at most {MaxBytes}.");
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
            return text.Contains('\0', StringComparison.Ordinal)
                ? throw new NotebookException($"{path} is not text (it has a zero byte), so it is not a notebook.")
                : text;
        }
        catch (DecoderFallbackException e)
        {
            throw new NotebookException($"{path} is not UTF-8 text (bad byte at offset {e.Index}); save it as UTF-8.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"{path} could not be read ({e.Message.TrimEnd('.')}); check the file and its permissions.", e);
        }
    }

    private static string Neighbours(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
            return $", nor a folder {folder}.";
        var found = Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".dib" or ".ipynb").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).Take(5).ToArray();
        return found.Length == 0 ? "; its folder holds no notebook." : $"; its folder holds {string.Join(", ", found)}.";
    }
}
