using System.Globalization;
using System.Text;

namespace FeatureInterp.Display;

/// <summary>Which point of a line of text stands at its x.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>How a line of text looks in SVG, and an estimate of the room it takes: no font is at hand to ask.</summary>
internal sealed record TextStyle(double Size, Tone Tone)
{
    /// <summary>Advance of a monospaced letter in em; the common fonts have 0.55 (Consolas) to 0.602 (Menlo, DejaVu).</summary>
    private const double MonoAdvance = 0.602;

    public static readonly TextStyle Top = new(17, Palette.Ink) { Bold = true };
    public static readonly TextStyle Title = new(14, Palette.Ink) { Bold = true };
    public static readonly TextStyle Heading = new(15, Palette.Ink) { Bold = true };
    public static readonly TextStyle Body = new(13, Palette.Ink);
    public static readonly TextStyle Label = new(12, Palette.Ink);
    public static readonly TextStyle Note = new(11, Palette.Muted);

    public Anchor Anchor { get; init; }

    public bool Bold { get; init; }

    public bool Mono { get; init; }

    /// <summary>Turned a quarter to the left, for the title of a vertical axis.</summary>
    public bool Upright { get; init; }

    public double Width(string text) => TextLayout.Measure(text, Advance);

    public string Fit(string text, double room) => TextLayout.Truncate(text, room, Advance);

    public IReadOnlyList<string> Wrap(string text, double room) => TextLayout.Wrap(text, room, Advance);

    private double Advance(Rune rune) => Size * (Mono ? MonoAdvance * CellWidth.Of(rune) : CellWidth.Of(rune) switch
    {
        0 => 0,
        2 => 1.05,
        _ => SansAdvance(rune) * (Bold ? 1.1 : 1),
    });

    // After DejaVu Sans, the widest of the common ones: with another font a line comes out a little short, never too long.
    private static double SansAdvance(Rune rune) => rune.Value switch
    {
        ' ' or '.' or ',' or ':' or ';' or '|' or '\'' or '!' or 'i' or 'l' or 'j' or 'I' => 0.34,
        'f' or 't' or 'r' or '(' or ')' or '[' or ']' or '/' or '-' or '"' => 0.43,
        'm' or 'w' or 'M' or 'W' or '@' or '%' or '—' or '…' => 0.98,
        < 0x80 => Rune.IsUpper(rune) ? 0.72 : 0.63,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter ? 0.76 : 0.65,
    };
}
