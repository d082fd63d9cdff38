using System.Text.Json;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>Reads JSON files of bounded size; what is wrong with them becomes a <see cref="TokenizerException"/>.</summary>
internal static class JsonText
{
    /// <summary>The largest file that is read: several times the largest tokenizer known (33 MB).</summary>
    public const int MaxBytes = 128 << 20;

    /// <summary>How deep objects and arrays may nest.</summary>
    public const int MaxDepth = 32;

    /// <summary>The file without its byte order mark, if it has one.</summary>
    public static ReadOnlyMemory<byte> ReadFile(string file)
    {
        if (!LinkedFile.Exists(file))
        {
            throw new TokenizerException(
                file, "there is no such file", "give a model's folder that holds a tokenizer.json, or the path of one");
        }

        if (LinkedFile.Length(file) is > MaxBytes and var length)
        {
            throw new TokenizerException(
                file, $"{length} bytes, where a tokenizer has at most {MaxBytes}", "check that this is a tokenizer's file");
        }

        try
        {
            ReadOnlyMemory<byte> bytes = File.ReadAllBytes(file);
            return bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException(file, "cannot be read: " + e.Message, "check the file's permissions", e);
        }
    }

    public static JsonDocument Parse(ReadOnlyMemory<byte> json, string file) => Guard(file, () =>
        JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false }));

    /// <summary>Runs a reader; JSON that is not well-formed is reported with the file's name.</summary>
    public static T Guard<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid UTF-8, or with a lone surrogate.
            throw new TokenizerException(
                file, "not well-formed JSON: " + e.Message.TrimEnd('.'), "the file is damaged or cut short: fetch it again", e);
        }
    }
}
