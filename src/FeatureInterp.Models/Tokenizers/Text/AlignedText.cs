namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Text on its way through normalizers and pre-tokenizers: its UTF-16 units and, when offsets were asked for,
/// which code points of the original text each unit stands for. Slices share memory.
/// </summary>
internal readonly struct AlignedText
{
    private readonly ReadOnlyMemory<TokenRange> origins;
    private readonly bool tracked;

    private AlignedText(ReadOnlyMemory<char> text, ReadOnlyMemory<TokenRange> origins, bool tracked, bool isFirst)
    {
        Text = text;
        this.origins = origins;
        this.tracked = tracked;
        IsFirst = isFirst;
    }

    public ReadOnlyMemory<char> Text { get; }

    public int Length => Text.Length;

    /// <summary>Whether the original text begins with this.</summary>
    public bool IsFirst { get; }

    /// <summary>Text whose origins nobody will ask for.</summary>
    public static AlignedText Untracked(ReadOnlyMemory<char> text) => new(text, default, tracked: false, isFirst: true);

    /// <summary>An untouched text: every unit stands for the code point it belongs to.</summary>
    public static AlignedText Tracked(string text)
    {
        var own = new TokenRange[text.Length];
        var codePoint = 0;
        for (var i = 0; i < text.Length; i++, codePoint++)
        {
            own[i] = new TokenRange(codePoint, codePoint + 1);
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                own[++i] = new TokenRange(codePoint, codePoint + 1);
        }

        return new AlignedText(text.AsMemory(), own, tracked: true, isFirst: true);
    }

    public AlignedText Slice(int start, int end) =>
        new(Text[start..end], tracked ? origins[start..end] : default, tracked, IsFirst && start == 0);

    /// <summary>The original code points under units <c>[start, end)</c>; empty when origins are not tracked.</summary>
    public TokenRange Origin(int start, int end)
    {
        if (!tracked || end <= start)
            return default;
        var span = origins.Span;
        return new TokenRange(span[start].Start, span[end - 1].End);
    }

    /// <summary>
    /// The same with other characters: unit i of <paramref name="text"/> stands for what unit <paramref name="sources"/>[i] of this one
    /// does, and for nothing, <c>[0, 0)</c>, where that is negative.
    /// </summary>
    public AlignedText Rewritten(ReadOnlyMemory<char> text, ReadOnlySpan<int> sources)
    {
        if (!tracked)
            return new AlignedText(text, default, tracked, IsFirst);
        var moved = new TokenRange[text.Length];
        for (var i = 0; i < moved.Length; i++)
            moved[i] = sources[i] < 0 ? default : origins.Span[sources[i]];
        return new AlignedText(text, moved, tracked, IsFirst);
    }

    /// <summary>
    /// Every occurrence of <paramref name="pattern"/>, left to right without overlap, replaced by <paramref name="content"/>.
    /// All of the content stands for the last character of what it replaces, as in the reference library.
    /// </summary>
    public AlignedText Replace(string pattern, string content)
    {
        var source = Text.Span;
        var matches = source.Count(pattern);
        if (matches == 0)
            return this;
        var text = new char[checked(source.Length + (matches * (content.Length - pattern.Length)))];
        if (pattern.Length == 1 && content.Length == 1)
        {
            source.Replace(text, pattern[0], content[0]);
            return new AlignedText(text, origins, tracked, IsFirst);
        }

        var moved = tracked ? new TokenRange[text.Length] : [];
        for (int read = 0, write = 0; ; matches--)
        {
            var gap = matches == 0 ? source.Length - read : source[read..].IndexOf(pattern, StringComparison.Ordinal);
            source.Slice(read, gap).CopyTo(text.AsSpan(write));
            if (tracked)
                origins.Span.Slice(read, gap).CopyTo(moved.AsSpan(write));
            read += gap;
            write += gap;
            if (matches == 0)
                return new AlignedText(text, moved, tracked, IsFirst);
            content.CopyTo(text.AsSpan(write));
            read += pattern.Length;
            if (tracked)
                moved.AsSpan(write, content.Length).Fill(origins.Span[read - 1]);
            write += content.Length;
        }
    }

    /// <summary><paramref name="content"/> put in front, standing for the first character; an empty text stays empty.</summary>
    public AlignedText Prepend(string content)
    {
        if (Length == 0)
            return this;
        var text = string.Concat(content, Text.Span);
        if (!tracked)
            return new AlignedText(text.AsMemory(), default, tracked, IsFirst);
        var moved = new TokenRange[text.Length];
        moved.AsSpan(0, content.Length).Fill(origins.Span[0]);
        origins.Span.CopyTo(moved.AsSpan(content.Length));
        return new AlignedText(text.AsMemory(), moved, tracked, IsFirst);
    }
}
