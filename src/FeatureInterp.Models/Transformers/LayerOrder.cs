namespace FeatureInterp.Models;

/// <summary>
/// Which layers of Gemma-2 attend only to a sliding window. Google's and Hugging Face's model has even layers local, and so has
/// TransformerLens from version 3. TransformerLens 2 had it the other way round, so analyses made with it (among them the
/// published contrast-pair notebook) ran a slightly different model. The two agree on sequences no longer than the window
/// (4,096 tokens in the published models).
/// </summary>
public enum LayerOrder
{
    /// <summary>Even layers are local, odd layers global: as trained, and the default.</summary>
    LocalFirst,

    /// <summary>Even layers are global, odd layers local: to repeat numbers made with TransformerLens 2.</summary>
    GlobalFirst,
}
