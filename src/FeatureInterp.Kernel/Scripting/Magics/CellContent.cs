using System.Net;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>Cells, or parts of cells, that are not run but shown: HTML, JavaScript, Markdown and Mermaid.</summary>
internal static class CellContent
{
    /// <summary>The MIME type of Mermaid diagrams, which newer front ends draw.</summary>
    public const string MermaidType = "text/vnd.mermaid";

    private const string JavaScriptType = "application/javascript";
    private const string MarkdownType = "text/markdown";

    /// <summary>
    /// The text in the MIME types that show it, or null when <paramref name="kernel"/> is a language that runs. There is always a form that
    /// can be read offline: a diagram's text, a script's text.
    /// </summary>
    public static MimeBundle? TryFormat(string kernel, string text) => Format(kernel, WithoutMark(kernel, text));

    private static MimeBundle? Format(string kernel, string text) => kernel switch
    {
        "html" => Bundle(SafeHtml.ToPlainText(text), (MimeBundle.HtmlType, text)),
        "javascript" => Bundle(text, (JavaScriptType, text)),
        KnownKernels.Markdown => Bundle(text, (MarkdownType, text)),
        "mermaid" => Bundle(text, (MermaidType, text), (MimeBundle.HtmlType, $"<pre class=\"mermaid\">{WebUtility.HtmlEncode(text)}</pre>")),
        _ => null,
    };

    // A cell of an .ipynb may say its language in its first line.
    private static string WithoutMark(string kernel, string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var first = (end < 0 ? text : text[..end]).Trim();
        return first.StartsWith("#!", StringComparison.Ordinal) && KnownKernels.Aliases.TryGetValue(first[2..], out var named) && string.Equals(named, kernel, StringComparison.Ordinal)
            ? (end < 0 ? "" : text[(end + 1)..]) : text;
    }

    private static MimeBundle Bundle(string plain, params ReadOnlySpan<(string Type, string Text)> items)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal) { [MimeBundle.PlainTextType] = ValueFormatter.Cut(plain) };
        foreach (var (type, text) in items)
            all[type] = text;
        return new MimeBundle(all);
    }
}
