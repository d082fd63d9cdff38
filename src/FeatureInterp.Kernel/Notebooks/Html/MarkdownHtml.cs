using System.Net;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Markdown cells as HTML: tables, task lists, footnotes and the like; pictures taken into the page, HTML reduced to what draws.</summary>
internal static class MarkdownHtml
{
    private const long MaxPicture = 8 << 20;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseGridTables().UseFootnotes().UseTaskLists().UseEmphasisExtras().UseMathematics().UseAutoLinks().UseDefinitionLists().Build();

    private static readonly Dictionary<string, string> PictureTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".svg"] = MimeBundle.SvgType,
    };

    /// <summary>The HTML of <paramref name="markdown"/>.</summary>
    /// <param name="markdown">A Markdown cell's text.</param>
    /// <param name="folder">Where relative pictures lie; those found are embedded, all others become links.</param>
    /// <param name="figures">The page's figures.</param>
    public static string Render(string markdown, string folder, PageFigures figures)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        foreach (var link in document.Descendants<LinkInline>().Where(l => l.IsImage).ToList())
            Embed(link, folder);
        // Formulas are shown as written: drawing them would take a script.
        foreach (var math in document.Descendants<MathInline>().ToList())
            math.ReplaceBy(new CodeInline(math.Content.ToString()));
        return SafeHtml.Clean(document.ToHtml(Pipeline), figures);
    }

    private static void Embed(LinkInline link, string folder)
    {
        if (link.Url is not { } url || url.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase))
            return;
        if (PictureData(url, folder) is { } data)
            link.Url = data;
        else
            link.IsImage = false;
    }

    private static string? PictureData(string url, string folder)
    {
        if (url.Contains(':', StringComparison.Ordinal) || Path.IsPathRooted(url) || !PictureTypes.TryGetValue(Path.GetExtension(url), out var type))
            return null;
        try
        {
            var file = new FileInfo(Path.Combine(folder, WebUtility.UrlDecode(url)));
            return file.Exists && file.Length <= MaxPicture ? $"data:{type};base64,{Convert.ToBase64String(File.ReadAllBytes(file.FullName))}" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
