using FeatureInterp.Models.Tokenizers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What a GGUF file says about text: its tokenizer, its chat template, the tokens that end a text.</summary>
internal static class GgufText
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>The tokenizer of the metadata; if they have none, or one of an unknown kind, that of a <c>tokenizer.json</c> beside the file.</summary>
    /// <returns>The tokenizer, or null and why there is none.</returns>
    public static (Tokenizer? Tokenizer, Exception? Fault) Tokenizer(GgufFile file)
    {
        var beside = Path.Combine(Path.GetDirectoryName(file.Path) ?? "", "tokenizer.json");
        try
        {
            if (Vocabulary(file) is { } vocabulary)
                return (GgufTokenizer.Build(vocabulary), null);
        }
        catch (Exception e) when (e is TokenizerException or WeightFileException && !File.Exists(beside))
        {
            return (null, e);
        }
        catch (Exception e) when (e is TokenizerException or WeightFileException)
        {
            // The file beside it decides.
        }

        return File.Exists(beside) ? (Models.Tokenizer.Load(beside), null) : (null, null);
    }

    /// <summary>Ids that end a text besides the end-of-sequence token.</summary>
    public static IReadOnlyList<int> StopTokens(GgufFile file) => Id(file, "eot_token_id") is { } turn ? [turn] : [];

    /// <summary>The chat template's source, or null.</summary>
    public static string? ChatTemplate(GgufFile file) => file.Metadata.TryGetString("tokenizer.chat_template", out var template) ? template : null;

    private static GgufVocabulary? Vocabulary(GgufFile file)
    {
        var metadata = file.Metadata;
        if (!metadata.TryGetString(Prefix + "model", out var kind) || !metadata.TryGetStrings(Prefix + "tokens", out var tokens))
            return null;
        return new GgufVocabulary(file.Path, kind, tokens)
        {
            Pre = metadata.TryGetString(Prefix + "pre", out var pre) ? pre : null,
            Types = metadata.TryGetIntegers(Prefix + "token_type", out var types) ? Array.ConvertAll(types, t => (int)Math.Clamp(t, 0, 255)) : [],
            Scores = metadata.TryGetNumbers(Prefix + "scores", out var scores) ? Array.ConvertAll(scores, s => (float)s) : [],
            Merges = metadata.TryGetStrings(Prefix + "merges", out var merges) ? merges : [],
            Special = new GgufSpecialTokens(
                Id(file, "bos_token_id"), Id(file, "eos_token_id"), Id(file, "unknown_token_id"), Id(file, "padding_token_id"), Flag(file, "add_bos_token"), Flag(file, "add_eos_token")),
            AddSpacePrefix = Flag(file, "add_space_prefix"),
        };
    }

    private static int? Id(GgufFile file, string name) =>
        file.Metadata.TryGetInteger(Prefix + name, out var id) && id is >= 0 and < 1 << 24 ? (int)id : null;

    private static bool? Flag(GgufFile file, string name) => file.Metadata.TryGetBool(Prefix + name, out var flag) ? flag : null;
}
