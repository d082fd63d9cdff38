using FeatureInterp.Kernel.Commands;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>A corpus of a request: a text file or the name of one under data/texts, or a mapping with one of <c>text</c>, <c>tokens</c> (a JSON file of rows of ids) and <c>prompts</c> (a row each).</summary>
internal sealed record CorpusRequest(Func<Transformer, TokenRows> Rows)
{
    /// <summary>Reads it.</summary>
    public static CorpusRequest Of(RequestValue value) => value.IsMap ? value.Map(map => map.OneOf<CorpusRequest>(("text", File), ("tokens", Tokens), ("prompts", Prompts))) : File(value);

    private static CorpusRequest File(RequestValue value)
    {
        var name = value.Text();
        return new(_ => TokenRows.FromFile(name));
    }

    private static CorpusRequest Tokens(RequestValue value)
    {
        var path = value.Text();
        return new(_ => TokenRows.Of(PromptArguments.ReadTokens(path), Path.GetFileName(path)));
    }

    private static CorpusRequest Prompts(RequestValue value)
    {
        var prompts = PromptRequest.Several(value);
        return new(model => TokenRows.Of(Array.ConvertAll(prompts, p => p.Tokens(model)), "prompts"));
    }
}
