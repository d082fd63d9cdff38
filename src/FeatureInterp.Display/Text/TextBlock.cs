using System.Text;

namespace FeatureInterp.Display;

/// <summary>Lines of plain text of bounded width. Whatever is added, no line comes out wider.</summary>
internal sealed class TextBlock
{
    public const int LeastWidth = 20;
    private readonly StringBuilder _text = new();

    public TextBlock(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, LeastWidth);
        Width = width;
    }

    public int Width { get; }

    /// <summary>Adds one line, cut with "…" when it is too wide. The line must already be free of control characters.</summary>
    public void Line(string line = "")
    {
        if (_text.Length > 0)
            _text.Append('\n');
        _text.Append(TextLayout.Truncate(line.TrimEnd(' '), Width));
    }

    /// <summary>Adds text broken at spaces; lines after the first are indented to stand under it.</summary>
    public void Wrapped(string text, string first = "", string? rest = null)
    {
        rest ??= new string(' ', CellWidth.Of(first));
        var lines = TextLayout.Wrap(text, Math.Max(1, Width - Math.Max(CellWidth.Of(first), CellWidth.Of(rest))));
        for (var i = 0; i < lines.Count; i++)
            Line((i is 0 ? first : rest) + lines[i]);
    }

    /// <summary>Adds items separated by commas, broken only between items.</summary>
    public void Items(IEnumerable<string> items, string first)
    {
        var indent = new string(' ', CellWidth.Of(first));
        var line = first;
        var empty = true;
        foreach (var item in items)
        {
            if (!empty)
            {
                line += ",";
                if (CellWidth.Of(line) + 2 + CellWidth.Of(item) > Width)
                {
                    Line(line);
                    line = indent;
                }
                else
                {
                    line += " ";
                }
            }

            line += item;
            empty = false;
        }

        Line(line);
    }

    public override string ToString() => _text.ToString();
}
