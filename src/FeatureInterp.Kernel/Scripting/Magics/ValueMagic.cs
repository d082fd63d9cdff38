using System.Text;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>
/// <c>#!value --name x</c>: keeps a text that needs no escaping, for <c>#!share x --from value</c> or <c>#!set … @value:x</c>. The text is
/// the lines below, a file's (<c>--from-file</c>), or a value's (<c>--from-value</c>, which may ask). <c>--mime-type</c> shows it as well.
/// </summary>
internal sealed class ValueMagic : IMagic
{
    private const long MaxBytes = 256L << 20;

    /// <inheritdoc/>
    public string Name => "value";

    /// <inheritdoc/>
    public string Usage => "#!value --name x [--from-file path | --from-value text] [--mime-type type]";

    /// <inheritdoc/>
    public string Summary => "Keeps the text below, or a file's, under a name.";

    /// <inheritdoc/>
    public MagicSyntax Syntax { get; } = new(["name", "from-file", "from-value", "from-url", "mime-type"], []);

    /// <inheritdoc/>
    public bool TakesText(MagicLine line) => !line.Has("from-file") && !line.Has("from-value") && !line.Has("from-url");

    /// <inheritdoc/>
    public async Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        if (line["name"] is not { Source: null } name)
            throw new MagicException($"#!value needs a name; wanted {Usage}.");
        if (line.Has("from-url"))
            throw new MagicException("#!value --from-url is not supported: nothing is fetched unasked; read the address in C# with HttpClient instead.");
        if (line.Has("from-file") && line.Has("from-value"))
            throw new MagicException("#!value has --from-file and --from-value; leave one out.");
        var kept = line["from-file"] is { } file ? Read(context.Resolve(file.Text))
            : line["from-value"] is { } value ? await FromValueAsync(value, name.Text, context).ConfigureAwait(false)
            : text;
        context.Session.KeptTexts[name.Text] = kept;
        if (line["mime-type"] is { } type)
            context.Show(new MimeBundle(new Dictionary<string, string>(StringComparer.Ordinal) { [MimeBundle.PlainTextType] = ValueFormatter.Cut(kept), [type.Text] = kept }));
        return null;
    }

    private static async Task<string> FromValueAsync(MagicValue value, string name, MagicContext context) => value.Source switch
    {
        null => value.Text,
        "input" => await context.AskAsync(value.Text.Length == 0 ? name : value.Text, password: false).ConfigureAwait(false),
        "csharp" or "c#" or "C#" when context.Session.Variables.FirstOrDefault(v => string.Equals(v.Name, value.Text, StringComparison.Ordinal)) is { } variable =>
            variable.Value as string ?? PlainText.Format(variable.Value),
        "value" when context.Session.KeptTexts.TryGetValue(value.Text, out var kept) => kept,
        _ => throw new MagicException($"#!value: there is no @{value.Source}:{value.Text} to take a text from."),
    };

    private static string Read(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length > MaxBytes
                ? throw new MagicException($"{path} has {length} bytes; #!value keeps at most {MaxBytes}.")
                : File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new MagicException($"#!value could not read {path} ({e.Message.TrimEnd('.')}); check the path.");
        }
    }
}
