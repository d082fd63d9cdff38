namespace FeatureInterp.Tests.Kernel.Scripting;

// What a library writes to draw itself in notebooks without referencing any of their packages: found by the attribute's simple name.
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[]? PreferredMimeTypes { get; set; }
}

[TypeFormatterSource(typeof(ChartSource), PreferredMimeTypes = ["image/svg+xml", "text/plain"])]
public class Chart(string title)
{
    public string Title { get; } = title;
}

public class BarChart(string title) : Chart(title);

[TypeFormatterSource(typeof(ThrowerSource), PreferredMimeTypes = ["image/svg+xml", "text/plain"])]
public sealed class Thrower;

[TypeFormatterSource(typeof(DeclinerSource), PreferredMimeTypes = ["image/svg+xml", "text/html", "text/plain"])]
public sealed class Decliner
{
    public int Four => 4;
}

internal sealed class ChartSource
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OneFormatter("image/svg+xml", o => $"<svg xmlns=\"http://www.w3.org/2000/svg\"><title>{((Chart)o).Title}</title></svg>"),
        new OneFormatter("text/plain", o => $"chart of {((Chart)o).Title}"),
        new OneFormatter("application/vnd.plotly.v1+json", _ => "{broken"),
    ];
}

internal sealed class ThrowerSource
{
    public IEnumerable<object> CreateTypeFormatters() =>
        [new OneFormatter("image/svg+xml", _ => throw new InvalidOperationException("no ink")), new OneFormatter("text/plain", _ => "fine")];
}

internal sealed class DeclinerSource
{
    public IEnumerable<object> CreateTypeFormatters() =>
        [new OneFormatter("image/svg+xml", _ => null), new OneFormatter("text/html", _ => null), new OneFormatter("text/plain", _ => null)];
}

internal sealed class OneFormatter(string mimeType, Func<object, string?> format)
{
    public string MimeType { get; } = mimeType;

    public bool Format(object instance, TextWriter writer)
    {
        var text = format(instance);
        writer.Write(text);
        return text is not null;
    }
}
