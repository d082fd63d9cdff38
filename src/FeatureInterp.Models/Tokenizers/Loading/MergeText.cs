using System.Text.Json;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// One entry of <c>merges</c> at a time, <c>"a b"</c> or <c>["a", "b"]</c>, in a buffer that is used again: a large
/// vocabulary has half a million of them, and none needs a string of its own.
/// </summary>
internal sealed class MergeText
{
    private char[] buffer = new char[256];
    private int leftLength;
    private int rightLength;

    public ReadOnlySpan<char> Left => buffer.AsSpan(0, leftLength);

    public ReadOnlySpan<char> Right => buffer.AsSpan(leftLength, rightLength);

    public ReadOnlySpan<char> Joined => buffer.AsSpan(0, leftLength + rightLength);

    /// <summary>Reads the entry that the reader stands on; false where it is not a pair.</summary>
    public bool Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            return SplitAtSpace(Copy(ref reader, 0));
        if (reader.TokenType != JsonTokenType.StartArray || !reader.Read() || reader.TokenType != JsonTokenType.String)
            return false;
        leftLength = Copy(ref reader, 0);
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            return false;
        rightLength = Copy(ref reader, leftLength);
        return reader.Read() && reader.TokenType == JsonTokenType.EndArray;
    }

    /// <summary>The text must hold exactly one space. What stands behind it moves up, so that the two are joined.</summary>
    private bool SplitAtSpace(int length)
    {
        var text = buffer.AsSpan(0, length);
        leftLength = text.IndexOf(' ');
        if (leftLength < 0 || text[(leftLength + 1)..].Contains(' '))
            return false;
        rightLength = length - leftLength - 1;
        text[(leftLength + 1)..].CopyTo(text[leftLength..]);
        return true;
    }

    private int Copy(ref Utf8JsonReader reader, int at)
    {
        // UTF-8 never has fewer bytes than UTF-16 has units.
        var needed = at + reader.ValueSpan.Length;
        if (needed > buffer.Length)
            Array.Resize(ref buffer, needed * 2);
        return reader.CopyString(buffer.AsSpan(at));
    }
}
