namespace FeatureInterp.Models.Tokenizers;

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

/// <summary>Type <c>Split</c>: cuts at every match of a pattern, or, inverted, at everything between matches.</summary>
internal sealed class SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert = false) : IPreTokenizer
{
    public void Split(AlignedText text, List<AlignedText> pieces)
    {
        if (pattern.Scanner is { } scanner && behavior == SplitBehavior.Isolated)
        {
            // Every match is a piece and nothing lies between them, inverted or not.
            var characters = text.Text.Span;
            for (int start = 0, end; start < characters.Length; start = end)
            {
                end = scanner(characters, start);
                pieces.Add(text.Slice(start, end));
            }

            return;
        }

        var matches = new List<(int Start, int End)>();
        pattern.Find(text.Text.Span, matches);
        var cutter = new Cutter(text, behavior, pieces);
        var read = 0;
        foreach (var (start, end) in matches)
        {
            cutter.Add(read, start, invert);
            cutter.Add(start, end, !invert);
            read = end;
        }

        cutter.Add(read, text.Length, invert);
        cutter.Finish();
    }

    /// <summary>Takes the stretches of a text in order, matched and not, and joins or drops them. A piece stays open until it is known that it does not grow.</summary>
    private sealed class Cutter(AlignedText text, SplitBehavior behavior, List<AlignedText> pieces)
    {
        private int openStart;
        private int openEnd;
        private bool openIsMatch;

        public void Add(int start, int end, bool isMatch)
        {
            if (start == end)
                return;
            var joins = openEnd > openStart && behavior switch
            {
                SplitBehavior.MergedWithPrevious => isMatch && !openIsMatch,
                SplitBehavior.MergedWithNext => !isMatch && openIsMatch,
                SplitBehavior.Contiguous => isMatch == openIsMatch,
                _ => false,
            };
            if (!joins)
            {
                Finish();
                openStart = start;
            }

            openEnd = behavior == SplitBehavior.Removed && isMatch ? openStart : end;
            openIsMatch = isMatch;
        }

        public void Finish()
        {
            if (openEnd > openStart)
                pieces.Add(text.Slice(openStart, openEnd));
            openEnd = openStart;
        }
    }
}
