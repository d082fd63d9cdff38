namespace FeatureInterp.Display;

/// <summary>The MIME types that displays are stored under in a notebook.</summary>
public static class MimeTypes
{
    /// <summary><c>image/svg+xml</c></summary>
    public const string Svg = "image/svg+xml";

    /// <summary><c>text/html</c></summary>
    public const string Html = "text/html";

    /// <summary><c>text/plain</c></summary>
    public const string Text = "text/plain";
}
