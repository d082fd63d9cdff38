namespace FeatureInterp.Models.Tokenizers;

/// <summary>Something to look for in a text.</summary>
internal abstract class Pattern
{
    /// <summary>Adds every match, left to right without overlap, in UTF-16 units.</summary>
    public abstract void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches);

    /// <summary>The scanner behind it, when it matches everywhere: then a text is cut without a list of matches.</summary>
    public virtual WordScanner? Scanner => null;
}

/// <summary>A string, as it stands there.</summary>
internal sealed class LiteralPattern(string literal) : Pattern
{
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (var read = 0; text[read..].IndexOf(literal, StringComparison.Ordinal) is var gap and >= 0; read += gap + literal.Length)
            matches.Add((read + gap, read + gap + literal.Length));
    }
}

/// <summary>One of <see cref="WordScanners"/>.</summary>
internal sealed class ScannerPattern(WordScanner scanner) : Pattern
{
    public override WordScanner Scanner => scanner;

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = scanner(text, start);
            matches.Add((start, end));
        }
    }
}
