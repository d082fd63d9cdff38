namespace FeatureInterp.Models.Tokenizers;

/// <summary>Rewrites text before it is split, keeping track of where each character came from.</summary>
internal interface INormalizer
{
    AlignedText Normalize(AlignedText text);
}

/// <summary>Type <c>Replace</c>: one literal string by another.</summary>
internal sealed class ReplaceNormalizer(string pattern, string content) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => text.Replace(pattern, content);
}

/// <summary>Type <c>Prepend</c>: a string in front of every text that is not empty.</summary>
internal sealed class PrependNormalizer(string content) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => text.Prepend(content);
}

/// <summary>Type <c>Sequence</c>: one normalizer after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        foreach (var step in steps)
            text = step.Normalize(text);
        return text;
    }
}

/// <summary>Type <c>Strip</c>: takes white space from the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        var characters = text.Text.Span;
        var start = left ? characters.Length - characters.TrimStart().Length : 0;
        var end = right ? characters.TrimEnd().Length : characters.Length;
        return text.Slice(Math.Min(start, end), end);
    }
}
