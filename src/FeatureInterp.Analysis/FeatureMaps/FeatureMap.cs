using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// Features of a text over its tokens: f(token) for the features asked for, or for those with the largest activation anywhere in the text.
/// </summary>
public static class FeatureMap
{
    /// <summary>Runs a text up to the SAE's layer and encodes what is there.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompt">One text, or one list of token ids.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">The prompt is empty, too long, or not one.</exception>
    /// <exception cref="AnalysisException">An option makes no sense, or there is no such feature.</exception>
    public static FeatureMapResult Run(
        Transformer model, SparseAutoencoder sae, Prompts prompt, FeatureMapOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new FeatureMapOptions();
        options.Validate();
        sae.For(model);
        var chosen = options.Features is { } asked ? FeatureChoice.Check(asked, sae) : null;
        var tokens = One(prompt, model);
        var special = new SpecialTokens(model);
        bool[] excluded = [.. tokens.Select(t => options.ExcludeSpecialTokens && special.Contains(t))];
        var x = SaeInputs.Read(model, sae, [tokens], cancellation)[0];
        var features = chosen is null
            ? Strongest(sae.Encode(x, cancellation), excluded, options.Top)
            : Columns(chosen, sae.EncodeFeatures(x, chosen));
        return new FeatureMapResult
        {
            Tokens = tokens,
            TokenTexts = Texts(model, tokens),
            Excluded = excluded,
            Features = features,
            Chosen = chosen is not null,
            Provenance = Provenance.Of(model, sae, [tokens]),
        };
    }

    /// <summary>The tokens' texts; without a tokenizer their ids.</summary>
    internal static string[] Texts(Transformer model, int[] tokens) =>
        Array.ConvertAll(tokens, t => model.Tokenizer?.DecodeToken(t) ?? $"⟨{t}⟩");

    private static int[] One(Prompts prompt, Transformer model)
    {
        // A run of no block only reads the tokens.
        var batch = model.Run(prompt, stopAtLayer: 0).Batch;
        return batch.Count == 1
            ? batch[0].ToArray()
            : throw new AnalysisException($"A feature map shows one text, but {batch.Count} were given; make one of each.");
    }

    private static FeatureTrack[] Columns(int[] features, Tensor acts) =>
        [.. features.Select((f, i) => new FeatureTrack(f, [.. Enumerable.Range(0, acts.Shape[0]).Select(t => acts[t, i])]))];

    // By the largest activation at a token that counts; of equal ones the smaller index first.
    private static FeatureTrack[] Strongest(SparseFeatures fired, bool[] excluded, int top)
    {
        var largest = new SortedDictionary<int, float>();
        foreach (var f in fired)
        {
            if (!excluded[f.Token] && f.Value > largest.GetValueOrDefault(f.Feature))
                largest[f.Feature] = f.Value;
        }

        var tracks = largest.OrderByDescending(p => p.Value).Take(top).Select(p => new FeatureTrack(p.Key, new float[fired.Tokens])).ToArray();
        var place = tracks.ToDictionary(t => t.Feature);
        foreach (var f in fired)
        {
            if (place.TryGetValue(f.Feature, out var track))
                ((float[])track.Values)[f.Token] = f.Value;
        }

        return tracks;
    }
}
