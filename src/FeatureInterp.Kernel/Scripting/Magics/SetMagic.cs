using System.Globalization;
using System.Text.Json;
using FeatureInterp.Kernel.Interactive;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>
/// <c>#!set --name x --value …</c>: declares a variable. The value is text; without quotes, <c>true</c>, <c>false</c> and JSON numbers are
/// a bool and an int, a long or a double; JSON objects and arrays are a <see cref="JsonDocument"/>. <c>@csharp:y</c> is the variable
/// <c>y</c> itself, <c>@value:y</c> a text kept by <c>#!value</c>, <c>@input:"…"</c> and <c>@password:"…"</c> ask.
/// </summary>
internal sealed class SetMagic : IMagic
{
    /// <inheritdoc/>
    public string Name => "set";

    /// <inheritdoc/>
    public string Usage => "#!set --name x --value (text | @csharp:y | @value:y | @input:\"prompt\" | @password:\"prompt\")";

    /// <inheritdoc/>
    public string Summary => "Sets a variable.";

    /// <inheritdoc/>
    public MagicSyntax Syntax { get; } = new(["name", "value", "mime-type"], ["byref"]);

    /// <inheritdoc/>
    public async Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        if (line["name"] is not { Source: null } name || line["value"] is not { } value)
            throw new MagicException($"#!set needs a name and a value; wanted {Usage}.");
        MagicContext.Identifier(name.Text);
        return value.Source switch
        {
            null => await context.DeclareAsync(name.Text, Literal(value)).ConfigureAwait(false),
            "input" => await context.DeclareAsync(name.Text, await context.AskAsync(Prompt(value, name.Text), password: false).ConfigureAwait(false)).ConfigureAwait(false),
            "password" => await context.DeclareAsync(
                name.Text, new PasswordString(await context.AskAsync(Prompt(value, name.Text), password: true).ConfigureAwait(false))).ConfigureAwait(false),
            var kernel => await ShareMagic.CopyAsync(kernel, value.Text, name.Text, context).ConfigureAwait(false),
        };
    }

    private static object Literal(MagicValue value) => value switch
    {
        { Kind: MagicValueKind.Json } => JsonDocument.Parse(value.Text),
        { Kind: MagicValueKind.Quoted } => value.Text,
        { Text: "true" } => true,
        { Text: "false" } => false,
        _ when IsJsonNumber(value.Text) => Number(value.Text),
        _ => value.Text,
    };

    private static object Number(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var small) ? (object)small
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large) ? (object)large
        : (object)double.Parse(text, CultureInfo.InvariantCulture);

    private static bool IsJsonNumber(string text)
    {
        if (text.Length is 0 or > 40 || !(char.IsAsciiDigit(text[0]) || text[0] == '-'))
            return false;
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // @input:{"prompt": "…"} is the long form; without any prompt the variable's name has to do.
    private static string Prompt(MagicValue value, string name)
    {
        if (value.Kind != MagicValueKind.Json)
            return value.Text.Length == 0 ? name : value.Text;
        using var json = JsonDocument.Parse(value.Text);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("prompt", out var prompt) && prompt.ValueKind == JsonValueKind.String
            ? prompt.GetString()! : name;
    }
}
