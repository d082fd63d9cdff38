namespace FeatureInterp.Models;

/// <summary>Which GELU Gemma's MLP is computed with.</summary>
public enum GemmaGelu
{
    /// <summary>The tanh form: as the model was trained, as Hugging Face and TransformerLens 2.15 compute it, whatever <c>hidden_act</c> says. The default.</summary>
    Tanh,

    /// <summary>The exact form, x·Φ(x): to repeat numbers made with TransformerLens 3.9 (logits differ by some thousandths).</summary>
    Exact,
}

/// <summary>What <c>hook_normalized</c> of an unfolded layer norm holds.</summary>
public enum NormalizedHook
{
    /// <summary>(x − mean) / scale: TransformerLens 3.9, and every version for root-mean-square norms. The default.</summary>
    BeforeGain,

    /// <summary>That times the gain plus the bias: to repeat numbers made with TransformerLens 2.</summary>
    AfterGain,
}

/// <summary>Choices made when a model is loaded. Each changes numbers, so each is in the provenance of a result.</summary>
public sealed record LoadOptions
{
    /// <summary>Which of Gemma-2's layers are local. Default <see cref="LayerOrder.LocalFirst"/>.</summary>
    public LayerOrder LayerOrder { get; init; }

    /// <summary>Which GELU Gemma (1) is computed with. Default <see cref="GemmaGelu.Tanh"/>.</summary>
    public GemmaGelu GemmaGelu { get; init; }

    /// <summary>What layer norms show at <c>hook_normalized</c>. Default <see cref="NormalizedHook.BeforeGain"/>.</summary>
    public NormalizedHook NormalizedHook { get; init; }

    /// <summary>TransformerLens's weight processing. Default <see cref="WeightProcessing.None"/>, which SAEs need; see also <see cref="Transformer.WithProcessing"/>.</summary>
    public WeightProcessing Processing { get; init; } = WeightProcessing.None;

    /// <summary>Whether a model that is not on this machine may be fetched from the hub. Default <see cref="Download.Never"/>.</summary>
    public Download Download { get; init; }
}
