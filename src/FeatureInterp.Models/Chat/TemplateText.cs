using System.Text.RegularExpressions;

namespace FeatureInterp.Models.Chat;

/// <summary>A template's source, to be looked at for characteristic parts, and the two tokens it may name.</summary>
internal sealed class TemplateText(string source, string? bos, string? eos, string where)
{
    /// <summary>The source with the double quotes of strings as single ones, and line ends written as \n: templates use both.</summary>
    private readonly string plain = source.Replace('"', '\'').ReplaceLineEndings("\\n");

    public bool Has(string part) => plain.Contains(part, StringComparison.Ordinal);

    /// <summary>The first match of an expression (over the source with single quotes), or null.</summary>
    public Match? Find(string expression)
    {
        var match = Regex.Match(plain, expression, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        return match.Success ? match : null;
    }

    /// <summary>BOS, where the template writes it; empty where it does not.</summary>
    public string Bos() => !Has("bos_token") ? "" : bos ?? throw NoToken("bos_token");

    /// <summary>EOS, for a template that writes it.</summary>
    public string Eos() => eos ?? throw NoToken("eos_token");

    public ChatException Unknown(string? close = null) => new(
        $"{where}: the chat template is not one of those known (Gemma, Llama 3, ChatML, Mistral){(close is null ? "" : ": " + close)}; write the prompt out yourself.");

    private ChatException NoToken(string name) => new(
        $"{where}: the chat template writes {name}, and the tokenizer names none; put it into tokenizer_config.json.");
}
