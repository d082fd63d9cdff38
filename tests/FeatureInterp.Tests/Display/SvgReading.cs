using System.Globalization;
using System.Xml.Linq;

namespace FeatureInterp.Tests.Display;

/// <summary>Reads SVG as a viewer would: absolute boxes of elements, with the groups' translations applied.</summary>
internal static class SvgReading
{
    public static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly string[] s_elements = ["svg", "style", "title", "g", "rect", "line", "path", "circle", "text"];

    /// <summary>Parses, and checks what must hold for every drawing.</summary>
    public static XElement Parse(string svg)
    {
        var root = XDocument.Parse(svg).Root!;
        Assert.Equal(Svg + "svg", root.Name);
        var (width, height) = (Number(root, "width"), Number(root, "height"));
        Assert.True(width > 0 && height > 0);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}"), (string?)root.Attribute("viewBox"));
        foreach (var element in root.DescendantsAndSelf())
        {
            Assert.Equal(Svg, element.Name.Namespace);
            Assert.Contains(element.Name.LocalName, s_elements);
            Assert.DoesNotContain(element.Attributes(), a => a.Name.LocalName is "id" or "href" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || a.Value.Contains("url(", StringComparison.Ordinal));
        }

        foreach (var value in root.Descendants().Attributes().Where(a => a.Name.LocalName is "x" or "y" or "x1" or "y1" or "x2" or "y2" or "cx" or "cy" or "width" or "height" or "r"))
            Assert.True(double.IsFinite(double.Parse(value.Value, CultureInfo.InvariantCulture)), value.Parent!.ToString());
        Assert.DoesNotContain(root.Descendants(Svg + "rect"), r => Number(r, "width") < 0 || Number(r, "height") < 0);
        foreach (var path in root.Descendants(Svg + "path"))
            Assert.Matches(@"^([MLV](-?[0-9.]+)( -?[0-9.]+)?)*$", (string)path.Attribute("d")!);
        return root;
    }

    public static double Number(XElement element, string attribute) => double.Parse((string)element.Attribute(attribute)!, CultureInfo.InvariantCulture);

    /// <summary>The translation of all groups around the element.</summary>
    public static (double X, double Y) Offset(XElement element)
    {
        double x = 0, y = 0;
        foreach (var group in element.Ancestors(Svg + "g"))
        {
            if ((string?)group.Attribute("transform") is not { } transform)
                continue;
            var numbers = transform["translate(".Length..^1].Split(' ');
            x += double.Parse(numbers[0], CultureInfo.InvariantCulture);
            y += double.Parse(numbers[1], CultureInfo.InvariantCulture);
        }

        return (x, y);
    }

    /// <summary>All text that is drawn (hover text and style sheet excepted).</summary>
    public static IReadOnlyList<string> Texts(XElement root) => [.. root.Descendants(Svg + "text").Select(t => t.Value)];

    public static IReadOnlyList<string> Hovers(XElement root) => [.. root.Descendants(Svg + "title").Select(t => t.Value)];

    public static XElement TextElement(XElement root, string text) => root.Descendants(Svg + "text").First(t => t.Value == text);

    /// <summary>x, y0 and y1 of the stem with that hover text.</summary>
    public static (double X, double From, double To) Stem(XElement root, string hover)
    {
        var path = root.Descendants(Svg + "g").First(g => (string?)g.Element(Svg + "title") == hover).Element(Svg + "path")!;
        var parts = ((string)path.Attribute("d")!).Split('M', ' ', 'V').Where(p => p.Length > 0).Select(p => double.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        return (parts[0], parts[1], parts[2]);
    }
}
