using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>What a request defines or lists the neighbours of: a <c>feature</c> of its <c>sae</c>, or a <c>token</c> of the model to compare with.</summary>
/// <param name="Sae">The SAE; null for a token.</param>
/// <param name="Feature">The feature; without meaning for a token.</param>
/// <param name="Token">The token; null for a feature.</param>
internal sealed record GhostRequest(SaeRequest? Sae, int Feature, TokenChoice? Token)
{
    /// <summary>Reads it. To be asked for after all other keys: a misspelt key is found here.</summary>
    public static GhostRequest Of(RequestMap map)
    {
        var sae = map.Or<SaeRequest?>("sae", SaeRequest.Of, null);
        return map.OneOf(
            ("feature", v => new GhostRequest(sae ?? throw v.Wrong("a feature is one of an SAE, but there is no 'sae'; name it."), v.Int(), null)),
            ("token", v => new GhostRequest(null, 0, v.Tokens())));
    }

    /// <summary>Reads how a feature becomes a ghost.</summary>
    public static GhostOptions Options(RequestMap map)
    {
        var d = new GhostOptions();
        return d with
        {
            EncoderShare = map.Or("encoder_share", v => v.Number(), d.EncoderShare),
            FromCentroid = map.Or("from_centroid", v => v.Flag(), d.FromCentroid),
            Scale = map.Or<double?>("scale", v => v.Number(), d.Scale),
            ComponentWeights = map.Or("component_weights", v => v.Each(w => w.Number()), d.ComponentWeights),
        };
    }

    /// <summary>Makes the call that is meant.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ofFeature">For a feature of an SAE.</param>
    /// <param name="ofGhost">For a token, as a ghost.</param>
    public T Run<T>(Transformer model, Func<SparseAutoencoder, int, T> ofFeature, Func<GhostToken, T> ofGhost) =>
        Sae is null ? ofGhost(GhostToken.OfToken(model, Token!)) : ofFeature(Sae.Load(model), Feature);
}
