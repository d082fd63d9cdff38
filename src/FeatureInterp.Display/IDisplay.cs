namespace FeatureInterp.Display;

/// <summary>
/// Something that draws itself: as a picture, as a fragment of a page, and as lines of plain text.
/// The same object always gives the same bytes.
/// </summary>
public interface IDisplay
{
    /// <summary>
    /// A standalone SVG document: valid XML without script or outside resources, on its own background panel, so that it
    /// is readable on a white and on a dark page.
    /// </summary>
    string ToSvg();

    /// <summary>Plain text for a terminal, lines separated by <c>\n</c>, without escape codes.</summary>
    /// <param name="width">Columns that a line may take, at least 20. A wide character (CJK, emoji) takes two.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is below 20.</exception>
    string ToText(int width = 100);

    /// <summary>A self-contained HTML fragment: no script, no outside resources, all text escaped.</summary>
    string ToHtml();

    /// <summary>
    /// What a notebook should store, MIME type → payload. Pictures give <c>image/svg+xml</c> and <c>text/plain</c>,
    /// tables <c>text/html</c> and <c>text/plain</c>.
    /// </summary>
    IReadOnlyDictionary<string, string> ToMimeBundle();
}
