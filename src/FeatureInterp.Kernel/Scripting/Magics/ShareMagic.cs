namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>
/// <c>#!share x --from csharp|value [--as y]</c>: the variable under another name, or a text kept by <c>#!value</c> as a variable.
/// There is one C# kernel here, so a C# variable is shared as itself and not as a copy.
/// </summary>
internal sealed class ShareMagic : IMagic
{
    /// <inheritdoc/>
    public string Name => "share";

    /// <inheritdoc/>
    public string Usage => "#!share x --from csharp|value [--as y]";

    /// <inheritdoc/>
    public string Summary => "Gives a variable another name, or makes a kept text a variable.";

    /// <inheritdoc/>
    public MagicSyntax Syntax { get; } = new(["from", "as", "mime-type"], [], MaxValues: 1);

    /// <inheritdoc/>
    public async Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        if (line["from"] is not { Source: null } from || line.Values is not [{ Source: null } name])
            throw new MagicException($"#!share needs a variable and where it comes from; wanted {Usage}.");
        return await CopyAsync(from.Text, name.Text, line["as"]?.Text ?? name.Text, context).ConfigureAwait(false);
    }

    /// <summary>Declares <paramref name="target"/> as what <paramref name="source"/> is in <paramref name="kernel"/>.</summary>
    public static async Task<CellResult?> CopyAsync(string kernel, string source, string target, MagicContext context)
    {
        MagicContext.Identifier(target);
        switch (kernel)
        {
            case "csharp" or "c#" or "C#":
                if (context.Session.Variables.All(v => !string.Equals(v.Name, source, StringComparison.Ordinal)))
                    throw new MagicException($"There is no C# variable '{source}'{Known(context.Session.Variables.Select(v => v.Name))}");
                return string.Equals(source, target, StringComparison.Ordinal) ? null
                    : await context.RunAsync($"var {MagicContext.Identifier(target)} = {MagicContext.Identifier(source)};").ConfigureAwait(false);
            case "value":
                return context.Session.KeptTexts.TryGetValue(source, out var kept)
                    ? await context.DeclareAsync(target, kept).ConfigureAwait(false)
                    : throw new MagicException($"#!value keeps nothing named '{source}'{Known(context.Session.KeptTexts.Keys)}");
            default:
                throw new MagicException($"Nothing can be shared from '{kernel}': this kernel runs C# alone; wanted csharp or value.");
        }
    }

    private static string Known(IEnumerable<string> names)
    {
        var list = names.Order(StringComparer.Ordinal).Take(10).ToList();
        return list.Count == 0 ? "; there is none yet." : $"; there are {string.Join(", ", list)}.";
    }
}
