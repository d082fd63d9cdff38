using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary><c>#!lsmagic</c>: the kernel lines that are offered.</summary>
internal sealed class LsMagic : IMagic
{
    private sealed record Entry(string Line, string Does);

    /// <inheritdoc/>
    public string Name => "lsmagic";

    /// <inheritdoc/>
    public string Usage => "#!lsmagic";

    /// <inheritdoc/>
    public string Summary => "Lists these lines.";

    /// <inheritdoc/>
    public MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <inheritdoc/>
    public Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        List<Entry> entries =
        [
            new("#r \"nuget: Id, Version\"", "Adds a package; * and *-* take the newest."),
            new("#r \"file.dll\"", "Adds an assembly."),
            new("#i \"nuget:feed\"", "Asks another feed for packages, an address or a folder."),
            .. MagicRegistry.All.Select(m => new Entry(m.Usage, m.Summary)),
            new("#!html, #!javascript, #!markdown, #!mermaid", "Shows the lines below."),
            new("#!csharp", "Goes back to C#."),
        ];
        var table = RecordTable.TryCreate(entries, int.MaxValue)!;
        context.Show(new MimeBundle([new(MimeBundle.PlainTextType, table.ToText()), new(MimeBundle.HtmlType, table.ToHtml())]));
        return Task.FromResult<CellResult?>(null);
    }
}
