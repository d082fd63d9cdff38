using System.Text;

namespace FeatureInterp.Display;

/// <summary>Tokens in a terminal: one space between tokens, the highlighted one in brackets, the strongest values below.</summary>
internal static class TokenStripText
{
    private const int Listed = 8;
    private const int LongestToken = 40;

    public static string Write(TokenStrip strip, int width)
    {
        var text = new TextBlock(width);
        if (strip.Title.Length > 0)
            text.Wrapped(VisibleText.Line(strip.Title));
        if (strip.Tokens.Count is 0)
            text.Line("no tokens");
        var row = new StringBuilder();
        var used = 0;
        var end = 0;
        foreach (var (first, last) in TokenCut.Runs(strip.Tokens.Count, strip.MaxTokens, strip.Highlight))
        {
            if (first > end)
            {
                Flush();
                text.Line($"… {Numbers.Count(first - end, "token")} left out …");
            }

            for (var i = first; i <= last; i++)
            {
                Add(i == strip.Highlight ? $"[{Show(strip, i, width - 2)}]" : Show(strip, i, width));
                if (strip.EndsRow(i))
                    Flush();
            }

            end = last + 1;
        }

        Flush();
        Notes(strip, text);
        return text.ToString();

        void Add(string token)
        {
            var cells = CellWidth.Of(token);
            if (used > 0 && used + 1 + cells > width)
                Flush();
            if (used > 0)
            {
                row.Append(' ');
                used++;
            }

            row.Append(token);
            used += cells;
        }

        void Flush()
        {
            if (row.Length > 0)
                text.Line(row.ToString());
            row.Clear();
            used = 0;
        }
    }

    private static void Notes(TokenStrip strip, TextBlock text)
    {
        if (strip.Highlight is { } h)
        {
            var value = strip.Values is null ? "" : ": " + Numbers.Short(strip.Values[h]);
            text.Line($"[{Show(strip, h, LongestToken)}] is token {Numbers.Integer(h)} of 0 to {Numbers.Integer(strip.Tokens.Count - 1)}{value}");
        }

        var strongest = strip.Strongest().Take(Listed).ToList();
        if (strongest.Count > 0)
            text.Items(strongest.Select(i => $"{Show(strip, i, 20)} ({Numbers.Integer(i)}) {Numbers.Short(strip.Values![i])}"), "strongest  ");
        else if (strip.Values is not null && strip.Tokens.Count > 0)
            text.Line("no token has a value other than zero");
        if (strip.Skipped.Length > 0)
            text.Line("(" + strip.Skipped + ")");
    }

    private static string Show(TokenStrip strip, int position, int room) =>
        TextLayout.Truncate(VisibleText.Token(strip.Tokens[position]), Math.Min(room, LongestToken));
}
