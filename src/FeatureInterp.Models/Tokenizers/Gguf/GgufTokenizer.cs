namespace FeatureInterp.Models.Tokenizers;

/// <summary>Makes a tokenizer of what a GGUF file says of its own: the same one that the model's <c>tokenizer.json</c> describes.</summary>
internal static class GgufTokenizer
{
    private const string Remedy = "use a model whose tokenizer is of a supported kind, or put its tokenizer.json beside it";

    /// <summary>Makes the tokenizer.</summary>
    /// <exception cref="TokenizerException">The data contradict each other, or ask for a kind or a way of cutting that this library does not have.</exception>
    public static Tokenizer Build(GgufVocabulary data)
    {
        Check(data);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < data.Tokens.Count; id++)
            ids.TryAdd(data.Tokens[id], id);
        var added = Added(data, ids);
        var tokens = data.Tokens.ToArray<string?>();
        var parts = data.Kind switch
        {
            "gpt2" => ByteLevel(data, tokens, ids, added),
            "llama" => SentencePiece(data, tokens, ids, added),
            _ => throw new TokenizerException(
                data.Source, $"tokenizer.ggml.model is {data.Kind}, which is not supported (supported: gpt2, llama)", Remedy),
        };
        var special = data.Special;
        var config = new TokenizerConfig(Name(special.Bos), Name(special.Eos), Name(special.Padding), Name(special.Unknown), special.AddBos, null);
        return new Tokenizer(parts, config, data.Source);

        string? Name(int? id) => id is { } given ? data.Tokens[given] : null;
    }

    private static TokenizerParts ByteLevel(GgufVocabulary data, string?[] tokens, Dictionary<string, int> ids, List<AddedToken> added)
    {
        var pre = GgufPreTokenizers.Find(data);
        var merges = new List<Merge>(data.Merges.Count);
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var pair in data.Merges)
        {
            var space = pair.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || !lookup.TryGetValue(pair.AsSpan(0, space), out var left)
                || !lookup.TryGetValue(pair.AsSpan(space + 1), out var right) || !ids.TryGetValue(pair.Remove(space, 1), out var result))
            {
                throw Bad(data, $"tokenizer.ggml.merges[{merges.Count}] is \"{pair}\", and not all of the two and what they give are tokens");
            }

            merges.Add(new Merge(left, right, result));
        }

        return Assemble(
            data,
            new Vocabulary(tokens, ids, added),
            added,
            new BpeModel(tokens, ids, merges, new BpeOptions(null, FuseUnknown: false, null, pre.IgnoreMerges, ToBytes: true)),
            pre.Composes ? new CanonicalNormalizer(compose: true) : null,
            pre.Create(),
            new ByteLevelDecoder(),
            data.Special.AddBos ?? pre.AddsBos);
    }

    private static TokenizerParts SentencePiece(GgufVocabulary data, string?[] tokens, Dictionary<string, int> ids, List<AddedToken> added)
    {
        if (data.Pre is not (null or "default"))
            throw new TokenizerException(data.Source, $"tokenizer.ggml.pre is {data.Pre}, which model llama does not have (it has default)", Remedy);
        if (data.Scores.Count != data.Tokens.Count)
            throw Bad(data, $"tokenizer.ggml.scores has {data.Scores.Count} entries for {data.Tokens.Count} tokens");
        var prefix = data.AddSpacePrefix ?? true;
        var replace = new ReplaceNormalizer(" ", "▁");
        List<IDecoder> decoders = [new ReplaceDecoder("▁", " "), new ByteFallbackDecoder(), new FuseDecoder()];
        if (prefix)
            decoders.Add(new StripDecoder(' ', 1, 0));
        var bytes = data.Types.Contains((int)GgufTokenType.Byte) ? ByteFallback.Ids(ids, found => Bad(data, found)) : null;
        return Assemble(
            data,
            new Vocabulary(tokens, ids, added),
            added,
            new BpeModel(tokens, ids, ScoredMerges.Of(data, ids), new BpeOptions(data.Special.Unknown, FuseUnknown: true, bytes, IgnoreMerges: false)),
            prefix ? new NormalizerSequence([new PrependNormalizer("▁"), replace]) : replace,
            preTokenizer: null,
            new DecoderSequence(decoders),
            data.Special.AddBos ?? true);
    }

    private static TokenizerParts Assemble(
        GgufVocabulary data,
        Vocabulary vocabulary,
        List<AddedToken> added,
        BpeModel model,
        INormalizer? normalizer,
        IPreTokenizer? preTokenizer,
        IDecoder decoder,
        bool addBos)
    {
        int[] before = addBos && data.Special.Bos is { } bos ? [bos] : [];
        int[] after = data.Special is { AddEos: true, Eos: { } eos } ? [eos] : [];
        return new TokenizerParts
        {
            Vocabulary = vocabulary,
            Raw = AddedTokens.Matcher(added, t => t.Content),
            Normalized = null,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Model = model,
            PostProcessor = before.Length + after.Length > 0 ? new TemplateProcessing(before, after) : null,
            Decoder = decoder,
        };
    }

    /// <summary>The tokens that are recognised where they are written out; of several with one spelling the first.</summary>
    private static List<AddedToken> Added(GgufVocabulary data, Dictionary<string, int> ids)
    {
        List<AddedToken> added = [];
        for (var id = 0; id < data.Types.Count; id++)
        {
            var type = (GgufTokenType)data.Types[id];
            if (type is GgufTokenType.Control or GgufTokenType.UserDefined or GgufTokenType.Unknown
                && data.Tokens[id].Length > 0 && ids[data.Tokens[id]] == id)
            {
                added.Add(new AddedToken(id, data.Tokens[id], type != GgufTokenType.UserDefined, Normalized: false, SingleWord: false, StripLeft: false, StripRight: false));
            }
        }

        return added;
    }

    private static void Check(GgufVocabulary data)
    {
        if (data.Tokens.Count is 0 or > TokenizerFile.MaxVocabulary)
            throw Bad(data, $"tokenizer.ggml.tokens has {data.Tokens.Count} entries, where 1 to {TokenizerFile.MaxVocabulary} are wanted");
        if (data.Types.Count != 0 && data.Types.Count != data.Tokens.Count)
            throw Bad(data, $"tokenizer.ggml.token_type has {data.Types.Count} entries for {data.Tokens.Count} tokens");
        for (var i = 0; i < data.Types.Count; i++)
        {
            if (data.Types[i] is < (int)GgufTokenType.Normal or > (int)GgufTokenType.Byte)
                throw Bad(data, $"tokenizer.ggml.token_type[{i}] is {data.Types[i]}, where 1 to 6 is wanted");
        }

        foreach (var (role, id) in (IEnumerable<(string, int?)>)
            [("bos", data.Special.Bos), ("eos", data.Special.Eos), ("unknown", data.Special.Unknown), ("padding", data.Special.Padding)])
        {
            if (id is { } given && (uint)given >= (uint)data.Tokens.Count)
                throw Bad(data, $"tokenizer.ggml.{role}_token_id is {given}, and there are {data.Tokens.Count} tokens");
        }
    }

    private static TokenizerException Bad(GgufVocabulary data, string found) => new(data.Source, found, "the file is damaged: fetch it again");
}
