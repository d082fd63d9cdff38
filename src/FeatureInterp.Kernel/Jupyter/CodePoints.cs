namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Cursor positions: the protocol counts Unicode characters, C# strings count UTF-16 units, and they part at the first emoji.
/// </summary>
internal static class CodePoints
{
    /// <summary>The UTF-16 index after <paramref name="count"/> characters; the text's length if it has fewer, 0 if the count is negative.</summary>
    public static int ToUtf16(string text, int count)
    {
        var index = 0;
        for (; count > 0 && index < text.Length; count--)
            index += Width(text, index);
        return index;
    }

    /// <summary>How many characters begin before a UTF-16 index; an index inside a pair counts the pair.</summary>
    public static int FromUtf16(string text, int index)
    {
        var count = 0;
        for (var i = 0; i < Math.Min(index, text.Length); i += Width(text, i))
            count++;
        return count;
    }

    // Half of a pair on its own is one character, as it is for Python.
    private static int Width(string text, int index) => index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]) ? 2 : 1;
}
