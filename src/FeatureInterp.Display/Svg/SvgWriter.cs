using System.Globalization;
using System.Text;
using System.Xml;

namespace FeatureInterp.Display;

/// <summary>
/// Writes SVG elements. Colours go through <c>currentColor</c>, so one class rule per <see cref="Tone"/> serves strokes,
/// fills and text. No element gets an id: ids of several drawings in one page would clash.
/// </summary>
internal sealed class SvgWriter : IDisposable
{
    public const string Namespace = "http://www.w3.org/2000/svg";
    private const string Sans = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
    private const string Mono = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";
    private readonly StringBuilder _text = new();
    private readonly XmlWriter _xml;

    public SvgWriter() => _xml = XmlWriter.Create(_text, new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.None });

    public void Open(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _xml.WriteStartElement(element, Namespace);
        foreach (var (name, value) in attributes)
            _xml.WriteAttributeString(name, value);
    }

    public void Close() => _xml.WriteEndElement();

    /// <summary>A group moved to (x, y). Close with <see cref="Close"/>.</summary>
    public void OpenAt(double x, double y) => Open("g", ("transform", $"translate({Numbers.Pixel(x)} {Numbers.Pixel(y)})"));

    /// <summary>A window that shows only what falls on the given rectangle, in unchanged coordinates. Close with <see cref="Close"/>.</summary>
    public void OpenWindow(double x, double y, double width, double height) =>
        Open("svg", ("x", Numbers.Pixel(x)), ("y", Numbers.Pixel(y)), ("width", Numbers.Pixel(width)), ("height", Numbers.Pixel(height)),
            ("viewBox", string.Join(' ', Numbers.Pixel(x), Numbers.Pixel(y), Numbers.Pixel(width), Numbers.Pixel(height))));

    /// <summary>A group whose lines are drawn in a tone. Close with <see cref="Close"/>.</summary>
    public void OpenStroke(Tone tone, double width) =>
        Open("g", ("class", tone.Class), ("color", tone.Light), ("fill", "none"), ("stroke", "currentColor"),
            ("stroke-width", Numbers.Pixel(width)), ("stroke-linejoin", "round"));

    /// <summary>A group whose areas are filled with a tone. Close with <see cref="Close"/>.</summary>
    public void OpenFill(Tone tone) => Open("g", ("class", tone.Class), ("color", tone.Light), ("fill", "currentColor"));

    /// <summary>Text that browsers show while the pointer rests on the element that is open.</summary>
    public void Hover(string text) => _xml.WriteElementString("title", Namespace, text);

    public void Style(string sheet) => _xml.WriteElementString("style", Namespace, sheet);

    public void Path(string data)
    {
        Open("path", ("d", data));
        Close();
    }

    /// <summary>A wide path that is not seen but catches the pointer.</summary>
    public void PointerPath(string data)
    {
        Open("path", ("d", data), ("stroke-width", "7"), ("stroke-opacity", "0"));
        Close();
    }

    public void Circle(double x, double y, double radius, string? hover = null)
    {
        Open("circle", ("cx", Numbers.Pixel(x)), ("cy", Numbers.Pixel(y)), ("r", Numbers.Pixel(radius)));
        if (hover is not null)
            Hover(hover);
        Close();
    }

    public void Line(double x1, double y1, double x2, double y2, Tone tone, double width = 1)
    {
        Open("line", ("class", tone.Class), ("color", tone.Light), ("stroke", "currentColor"), ("stroke-width", Numbers.Pixel(width)),
            ("x1", Numbers.Pixel(x1)), ("y1", Numbers.Pixel(y1)), ("x2", Numbers.Pixel(x2)), ("y2", Numbers.Pixel(y2)));
        Close();
    }

    public void Rect(double x, double y, double width, double height, Tone fill, double opacity = 1, double radius = 0, string? hover = null)
    {
        Open("rect", ("class", fill.Class), ("color", fill.Light), ("fill", "currentColor"));
        if (opacity < 1)
            _xml.WriteAttributeString("fill-opacity", Numbers.Pixel(opacity));
        Box(x, y, width, height, radius);
        if (hover is not null)
            Hover(hover);
        Close();
    }

    /// <summary>A rectangle in the tone of the group that is open, as strong as given.</summary>
    public void Cell(double x, double y, double width, double height, double opacity, string? hover)
    {
        Open("rect", ("fill-opacity", Numbers.Pixel(opacity)));
        Box(x, y, width, height, 0);
        if (hover is not null)
            Hover(hover);
        Close();
    }

    public void Outline(double x, double y, double width, double height, Tone stroke, double thickness = 1, double radius = 0, string? dash = null)
    {
        Open("rect", ("class", stroke.Class), ("color", stroke.Light), ("fill", "none"), ("stroke", "currentColor"),
            ("stroke-width", Numbers.Pixel(thickness)));
        if (dash is not null)
            _xml.WriteAttributeString("stroke-dasharray", dash);
        Box(x, y, width, height, radius);
        Close();
    }

    /// <summary>One line of text with its baseline at y. The text must already be free of control characters.</summary>
    public void Text(double x, double y, string text, TextStyle style)
    {
        Open("text", ("class", style.Tone.Class), ("color", style.Tone.Light), ("fill", "currentColor"),
            ("x", Numbers.Pixel(x)), ("y", Numbers.Pixel(y)), ("font-size", Numbers.Pixel(style.Size)));
        if (style.Anchor is not Anchor.Start)
            _xml.WriteAttributeString("text-anchor", Spell(style.Anchor));
        if (style.Bold)
            _xml.WriteAttributeString("font-weight", "600");
        if (style.Mono)
            _xml.WriteAttributeString("font-family", Mono);
        if (style.Upright)
            _xml.WriteAttributeString("transform", $"rotate(-90 {Numbers.Pixel(x)} {Numbers.Pixel(y)})");
        _xml.WriteString(text);
        Close();
    }

    /// <summary>A group in which <see cref="Text(double, double, string)"/> writes in one style. Close with <see cref="Close"/>.</summary>
    public void OpenText(TextStyle style) =>
        Open("g", ("class", style.Tone.Class), ("color", style.Tone.Light), ("fill", "currentColor"), ("font-size", Numbers.Pixel(style.Size)),
            ("font-family", style.Mono ? Mono : Sans), ("text-anchor", Spell(style.Anchor)));

    /// <summary>One line of text in the style of the group that is open.</summary>
    public void Text(double x, double y, string text)
    {
        Open("text", ("x", Numbers.Pixel(x)), ("y", Numbers.Pixel(y)));
        _xml.WriteString(text);
        Close();
    }

    /// <summary>The root element with the style sheet and the panel. Close with <see cref="Close"/>.</summary>
    public void OpenRoot(double width, double height, string name)
    {
        var (w, h) = (Math.Ceiling(width).ToString(CultureInfo.InvariantCulture), Math.Ceiling(height).ToString(CultureInfo.InvariantCulture));
        Open("svg", ("width", w), ("height", h), ("viewBox", $"0 0 {w} {h}"), ("role", "img"), ("aria-label", name),
            ("font-family", Sans), ("style", "max-width:100%;height:auto"));
        Style(Palette.Sheet);
        Rect(0, 0, Math.Ceiling(width), Math.Ceiling(height), Palette.Panel, radius: 6);
        Outline(0.5, 0.5, Math.Ceiling(width) - 1, Math.Ceiling(height) - 1, Palette.Grid, radius: 5.5);
    }

    /// <summary>Everything written so far; call when all elements are closed.</summary>
    public string Finish()
    {
        _xml.Flush();
        return _text.ToString();
    }

    public void Dispose() => _xml.Dispose();

    private static string Spell(Anchor anchor) => anchor switch { Anchor.End => "end", Anchor.Middle => "middle", _ => "start" };

    private void Box(double x, double y, double width, double height, double radius)
    {
        _xml.WriteAttributeString("x", Numbers.Pixel(x));
        _xml.WriteAttributeString("y", Numbers.Pixel(y));
        _xml.WriteAttributeString("width", Numbers.Pixel(width));
        _xml.WriteAttributeString("height", Numbers.Pixel(height));
        if (radius > 0)
            _xml.WriteAttributeString("rx", Numbers.Pixel(radius));
    }
}
