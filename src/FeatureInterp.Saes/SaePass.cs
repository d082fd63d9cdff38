using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Whoever looks at the values that arise while tokens go through an SAE, and may write into them.</summary>
internal interface ISaeHooks
{
    /// <summary>Whether anyone looks here. A value nobody looks at may never be made: dense features cost memory.</summary>
    /// <param name="site">Input, ActsPre, ActsPost or Recons.</param>
    bool Wants(SaeSite site);

    /// <summary>Passes a value; what is written into it is what the pass goes on with.</summary>
    /// <param name="site">Input, ActsPre, ActsPost or Recons.</param>
    /// <param name="value">[row, d_in], [row, d_sae], [row, d_sae] or [row, d_out].</param>
    void At(SaeSite site, Tensor value);

    /// <summary>Tells what fired in a pass whose features nobody looked at and that were never written out.</summary>
    /// <param name="features">The features of all rows.</param>
    void Fired(SparseFeatures features)
    {
    }
}

/// <summary>How tokens go through an SAE; see <see cref="SparseAutoencoder.Forward"/>.</summary>
internal sealed record SaePass
{
    /// <summary>One text, nobody looking.</summary>
    public static SaePass Plain { get; } = new();

    /// <summary>
    /// The number of rows of each text, in order: a temporal SAE foretells a token from those before it in its text. Null when all rows are
    /// one text. Other kinds take every row by itself.
    /// </summary>
    public IReadOnlyList<int>? Texts { get; init; }

    /// <summary>Who looks; null for nobody.</summary>
    public ISaeHooks? Hooks { get; init; }

    /// <summary>
    /// Whether to give the number of an SAE that SAELens has attached to a model, which leaves out a skip transcoder's x·W_skipᵀ and a
    /// temporal SAE's prediction, and fires no hook between matching pursuit's input and reconstruction.
    /// </summary>
    public bool AsSaeLensAttaches { get; init; }

    /// <summary>Whether anyone looks at a site.</summary>
    public bool Wants(SaeSite site) => Hooks?.Wants(site) ?? false;

    /// <summary>Passes a value to whoever looks.</summary>
    public void At(SaeSite site, Tensor value)
    {
        if (Wants(site))
            Hooks!.At(site, value);
    }
}
