namespace FeatureInterp.Models.Tokenizers;

/// <summary>What we read of <c>tokenizer_config.json</c>.</summary>
internal sealed record TokenizerConfig(
    string? Bos, string? Eos, string? Pad, string? Unk, bool? AddBosToken, int? ModelMaxLength, string? ChatTemplate = null)
{
    /// <summary>The library writes 10³⁰ for "no limit"; no model has a context near this.</summary>
    private const double MaxLength = 1e9;

    /// <summary>Reads the file, or gives an empty configuration where there is none.</summary>
    public static TokenizerConfig ReadIfThere(string file)
    {
        if (!File.Exists(file))
            return new TokenizerConfig(null, null, null, null, null, null);
        using var document = JsonText.Parse(JsonText.ReadFile(file), file);
        var root = new JsonPart(document.RootElement, "the file", file);
        return new TokenizerConfig(
            root["bos_token"].TokenName(),
            root["eos_token"].TokenName(),
            root["pad_token"].TokenName(),
            root["unk_token"].TokenName(),
            root["add_bos_token"].IsNull ? null : root["add_bos_token"].Bool(otherwise: false),
            root["model_max_length"].Number() is > 0 and <= MaxLength and var length ? (int)length : null,
            Template(root["chat_template"]));
    }

    /// <summary>One template, or a list of named ones, of which the one named default is meant.</summary>
    private static string? Template(JsonPart part)
    {
        if (part.IsNull || part.IsString)
            return part.IsNull ? null : part.String();
        return part.Items().FirstOrDefault(t => t["name"].String() == "default")?["template"].String();
    }
}
