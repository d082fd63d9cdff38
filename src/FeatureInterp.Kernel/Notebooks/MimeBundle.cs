using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>One value in one or more MIME types. Binary types (<c>image/png</c>) are base64, as in an .ipynb.</summary>
public sealed class MimeBundle
{
    /// <summary>Plain text, which every bundle made by a session has.</summary>
    public const string PlainTextType = "text/plain";

    /// <summary>HTML.</summary>
    public const string HtmlType = "text/html";

    /// <summary>SVG, which code hosts show where they strip inline HTML.</summary>
    public const string SvgType = "image/svg+xml";

    /// <summary>A bundle of these contents.</summary>
    public MimeBundle(IEnumerable<KeyValuePair<string, string>> items) =>
        Items = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, items);

    /// <summary>MIME type to content, in ordinal order of type.</summary>
    public ImmutableSortedDictionary<string, string> Items { get; }

    /// <summary>The plain text, or null.</summary>
    public string? PlainText => Items.GetValueOrDefault(PlainTextType);

    /// <summary>Characters stored over all types.</summary>
    public long Length => Items.Values.Sum(v => (long)v.Length);

    /// <summary>A bundle of plain text only.</summary>
    public static MimeBundle FromText(string text) => new([new(PlainTextType, text)]);

    /// <summary>Whether contents of this type are JSON, stored as JSON in an .ipynb and not as a string.</summary>
    public static bool IsJson(string mimeType) =>
        string.Equals(mimeType, "application/json", StringComparison.Ordinal) || mimeType.EndsWith("+json", StringComparison.Ordinal);

    /// <summary>Whether contents of this type are lines of text, stored as an array of lines in an .ipynb.</summary>
    public static bool IsLines(string mimeType) =>
        mimeType.StartsWith("text/", StringComparison.Ordinal) || string.Equals(mimeType, SvgType, StringComparison.Ordinal);
}
