using System.Collections;
using System.Reflection;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

/// <summary>Calls the formatters as a notebook host does: by names and signatures only.</summary>
public class DisplayFormatterSourceTests
{
    public static TheoryData<Type> Displays() => new(typeof(IDisplay).Assembly.GetExportedTypes()
        .Where(t => typeof(IDisplay).IsAssignableFrom(t) && t is { IsClass: true, IsAbstract: false }));

    private static object Attribute(Type type) =>
        type.GetCustomAttributes(inherit: true).Single(a => string.Equals(a.GetType().Name, "TypeFormatterSourceAttribute", StringComparison.Ordinal));

    private static Dictionary<string, Func<object, TextWriter, bool>> Formatters(Type type)
    {
        var attribute = Attribute(type);
        var sourceType = (Type)attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute)!;
        var source = Activator.CreateInstance(sourceType)!;
        var formatters = (IEnumerable)sourceType.GetMethod("CreateTypeFormatters", BindingFlags.Public | BindingFlags.Instance)!.Invoke(source, null)!;
        return formatters.Cast<object>().ToDictionary(
            f => (string)f.GetType().GetProperty("MimeType")!.GetValue(f)!,
            f => f.GetType().GetMethod("Format")!.CreateDelegate<Func<object, TextWriter, bool>>(f), StringComparer.Ordinal);
    }

    private static string[] Preferred(Type type) => (string[])Attribute(type).GetType().GetProperty("PreferredMimeTypes")!.GetValue(Attribute(type))!;

    [Theory, MemberData(nameof(Displays))]
    public void EveryDisplay_PreferredMimeTypes_HaveFormatters(Type type) =>
        Assert.All(Preferred(type), mime => Assert.Contains(mime, Formatters(type).Keys));

    [Fact]
    public void Displays_AreFound() => Assert.InRange(Displays().Count, 6, 30);

    [Fact]
    public void Figure_Formats_SvgAndTextButNotHtml()
    {
        var figure = FeatureChart.TopDifferences("bars", [("x", 1)]);
        var formatters = Formatters(typeof(Figure));
        Assert.Equal((true, figure.ToSvg()), Run(formatters["image/svg+xml"], figure));
        Assert.Equal((true, figure.ToText()), Run(formatters["text/plain"], figure));
        Assert.Equal((false, ""), Run(formatters["text/html"], figure));
    }

    [Fact]
    public void Table_Formats_HtmlAndTextButNotSvg()
    {
        var table = new Table(["a"], [[1]]);
        var formatters = Formatters(typeof(Table));
        Assert.Equal((true, table.ToHtml()), Run(formatters["text/html"], table));
        Assert.Equal((false, ""), Run(formatters["image/svg+xml"], table));
        Assert.Equal(["text/html", "text/plain"], Preferred(typeof(Table)));
    }

    [Fact]
    public void OtherObject_IsLeftToTheHost() => Assert.Equal((false, ""), Run(Formatters(typeof(Table))["text/plain"], "no display"));

    private static (bool, string) Run(Func<object, TextWriter, bool> format, object instance)
    {
        using var writer = new StringWriter();
        return (format(instance, writer), writer.ToString());
    }
}
