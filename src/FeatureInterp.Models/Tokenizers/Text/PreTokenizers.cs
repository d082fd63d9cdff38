namespace FeatureInterp.Models.Tokenizers;

/// <summary>Cuts normalized text into pieces that the model tokenizes one by one; it may also rewrite them.</summary>
internal interface IPreTokenizer
{
    /// <summary>Adds the pieces of <paramref name="text"/> to <paramref name="pieces"/>, in order, none of them empty.</summary>
    void Split(AlignedText text, List<AlignedText> pieces);
}

/// <summary>Type <c>Sequence</c>: each pre-tokenizer cuts the pieces of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public void Split(AlignedText text, List<AlignedText> pieces)
    {
        List<AlignedText> current = [text];
        foreach (var step in steps)
        {
            List<AlignedText> next = [];
            foreach (var piece in current)
                step.Split(piece, next);
            current = next;
        }

        pieces.AddRange(current);
    }
}

/// <summary>What becomes of the matches of a <see cref="SplitPreTokenizer"/>.</summary>
internal enum SplitBehavior
{
    /// <summary>A match is dropped.</summary>
    Removed,

    /// <summary>A match is a piece of its own.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>A run of matches is one piece.</summary>
    Contiguous,
}

/// <summary>Type <c>Split</c> with a literal pattern: cuts at every match, left to right without overlap.</summary>
internal sealed class SplitPreTokenizer(string pattern, SplitBehavior behavior) : IPreTokenizer
{
    public void Split(AlignedText text, List<AlignedText> pieces)
    {
        var characters = text.Text.Span;
        int start = 0, read = 0, runEnd = -1;
        while (characters[read..].IndexOf(pattern, StringComparison.Ordinal) is var gap and >= 0)
        {
            var match = read + gap;
            var end = match + pattern.Length;
            switch (behavior)
            {
                case SplitBehavior.MergedWithPrevious:
                    Add(start, end);
                    break;
                case SplitBehavior.MergedWithNext:
                    Add(start, match);
                    break;
                case SplitBehavior.Contiguous:
                    // The run of matches stays open in [start, runEnd): it is added when something else follows.
                    if (match != runEnd)
                    {
                        AddRunAndGap(match);
                        start = match;
                    }

                    runEnd = end;
                    break;
                default:
                    Add(start, match);
                    if (behavior == SplitBehavior.Isolated)
                        Add(match, end);
                    break;
            }

            read = end;
            if (behavior != SplitBehavior.Contiguous)
                start = behavior == SplitBehavior.MergedWithNext ? match : end;
        }

        AddRunAndGap(characters.Length);

        void AddRunAndGap(int end)
        {
            if (runEnd >= 0)
            {
                Add(start, runEnd);
                start = runEnd;
            }

            Add(start, end);
        }

        void Add(int from, int to)
        {
            if (to > from)
                pieces.Add(text.Slice(from, to));
        }
    }
}
