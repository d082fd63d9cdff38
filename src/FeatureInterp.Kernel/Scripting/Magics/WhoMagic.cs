using System.Net;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary><c>#!who</c>: the names of the session's variables.</summary>
internal sealed class WhoMagic : IMagic
{
    /// <inheritdoc/>
    public string Name => "who";

    /// <inheritdoc/>
    public string Usage => "#!who";

    /// <inheritdoc/>
    public string Summary => "Lists the variables.";

    /// <inheritdoc/>
    public MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <inheritdoc/>
    public Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        var names = context.Session.Variables.Select(v => v.Name).Order(StringComparer.Ordinal).ToList();
        var list = string.Concat(names.Select(n => $"<li>{WebUtility.HtmlEncode(n)}</li>"));
        context.Show(names.Count == 0 ? MimeBundle.FromText("There are no variables.") : new MimeBundle(
        [
            new(MimeBundle.PlainTextType, string.Join(", ", names)),
            new(MimeBundle.HtmlType, $"<ul>{list}</ul>"),
        ]));
        return Task.FromResult<CellResult?>(null);
    }
}
