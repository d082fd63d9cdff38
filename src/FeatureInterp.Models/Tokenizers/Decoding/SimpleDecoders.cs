using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>Type <c>Replace</c>: one literal string by another, within each token.</summary>
internal sealed class ReplaceDecoder(string pattern, string content) : IDecoder
{
    public DecoderStage Open(DecoderStage next) =>
        pattern.Length == 1 && content.Length == 1 ? new OneByOne(pattern[0], content[0], next) : new Whole(pattern, content, next);

    private sealed class OneByOne(char pattern, char content, DecoderStage next) : PassingStage(next)
    {
        private char[] replaced = new char[32];

        public override void Append(ReadOnlySpan<char> fragment)
        {
            if (fragment.Length > replaced.Length)
                replaced = new char[fragment.Length * 2];
            fragment.Replace(replaced, pattern, content);
            Next.Append(replaced.AsSpan(0, fragment.Length));
        }
    }

    private sealed class Whole(string pattern, string content, DecoderStage next) : WholeTokenStage(next)
    {
        protected override void Accept(string token) => Pass(token.Replace(pattern, content, StringComparison.Ordinal));
    }
}

/// <summary>Type <c>Fuse</c>: all tokens become one.</summary>
internal sealed class FuseDecoder : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : PassingStage(next)
    {
        public override void EndToken()
        {
        }

        public override void Complete()
        {
            Next.EndToken();
            Next.Complete();
        }
    }
}

/// <summary>
/// Type <c>Strip</c>: takes up to <paramref name="start"/> of a character from the start of each token and up to
/// <paramref name="stop"/> from its end.
/// </summary>
internal sealed class StripDecoder(char content, int start, int stop) : IDecoder
{
    public DecoderStage Open(DecoderStage next) => stop == 0 ? new Leading(content, start, next) : new Both(content, start, stop, next);

    private sealed class Leading(char content, int atMost, DecoderStage next) : PassingStage(next)
    {
        private int taken;

        public override void Append(ReadOnlySpan<char> fragment)
        {
            for (; taken < atMost && fragment.Length > 0; taken++)
            {
                // The first other character is where stripping ends for this token.
                if (fragment[0] != content)
                {
                    taken = atMost;
                    break;
                }

                fragment = fragment[1..];
            }

            Next.Append(fragment);
        }

        public override void EndToken()
        {
            taken = 0;
            Next.EndToken();
        }
    }

    private sealed class Both(char content, int start, int stop, DecoderStage next) : WholeTokenStage(next)
    {
        protected override void Accept(string token)
        {
            int from = 0, to = token.Length;
            while (from < Math.Min(start, token.Length) && token[from] == content)
                from++;
            while (to > from && token.Length - to < stop && token[to - 1] == content)
                to--;
            Pass(token.AsSpan(from, to - from));
        }
    }
}

/// <summary>What a file without a decoder gets: the tokens with spaces between them.</summary>
internal sealed class SpacedDecoder : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : WholeTokenStage(next)
    {
        private bool any;

        protected override void Accept(string token)
        {
            Pass(any ? " " + token : token);
            any = true;
        }
    }
}

/// <summary>The end of the line: collects the text.</summary>
internal sealed class TextStage : DecoderStage
{
    private readonly StringBuilder text = new();

    /// <summary>Hands out what has come since the last call.</summary>
    public string Take()
    {
        var taken = text.ToString();
        text.Clear();
        return taken;
    }

    public override void Append(ReadOnlySpan<char> fragment) => text.Append(fragment);

    public override void EndToken()
    {
    }

    public override void Complete()
    {
    }
}
