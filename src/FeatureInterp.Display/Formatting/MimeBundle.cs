namespace FeatureInterp.Display;

/// <summary>The two kinds of bundle: pictures and tables.</summary>
internal static class MimeBundle
{
    public static IReadOnlyDictionary<string, string> OfPicture(IDisplay display) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [MimeTypes.Svg] = display.ToSvg(),
        [MimeTypes.Text] = display.ToText(),
    };

    public static IReadOnlyDictionary<string, string> OfTable(IDisplay display) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [MimeTypes.Html] = display.ToHtml(),
        [MimeTypes.Text] = display.ToText(),
    };
}
