namespace FeatureInterp.Display;

/// <summary>
/// Formatters of every <see cref="IDisplay"/> for <c>image/svg+xml</c>, <c>text/html</c> and <c>text/plain</c>, in the shape
/// that notebook hosts call by reflection. See <see cref="TypeFormatterSourceAttribute"/>.
/// </summary>
public sealed class DisplayFormatterSource
{
    /// <summary>One formatter per MIME type.</summary>
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new DisplayFormatter(MimeTypes.Svg),
        new DisplayFormatter(MimeTypes.Html),
        new DisplayFormatter(MimeTypes.Text),
    ];
}

/// <summary>Writes one entry of a display's bundle; hosts look for exactly these two public members.</summary>
internal sealed class DisplayFormatter(string mimeType)
{
    public string MimeType { get; } = mimeType;

    /// <summary>False, with nothing written, when the object is no display or its bundle lacks this MIME type: the host then uses its own formatter.</summary>
    public bool Format(object instance, TextWriter writer)
    {
        if (instance is not IDisplay display || !display.ToMimeBundle().TryGetValue(MimeType, out var payload))
            return false;
        writer.Write(payload);
        return true;
    }
}
