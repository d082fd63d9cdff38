using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What is said of an SAE's files when they are loaded, where they do not say it themselves or say it wrongly.</summary>
public sealed record SaeLoadOptions
{
    /// <summary>The layout, by SAELens's name for its loader, such as <c>gemma_2</c>; null to look at the files.</summary>
    public string? Layout { get; init; }

    /// <summary>
    /// The factor s that activations are to be multiplied with, as the registry gives it: folded into the weights as SAELens does
    /// (W_enc·s, W_dec/s, b_dec/s) where the configuration asks for <c>expected_average_only_in</c>.
    /// </summary>
    public double? NormScalingFactor { get; init; }

    /// <summary>
    /// Whether the factor that the files themselves give (Llama Scope's <c>dataset_average_activation_norm</c>) is folded where
    /// <see cref="NormScalingFactor"/> says none. False by default: SAELens then folds none, and the features are on a wrong scale, which a warning says.
    /// </summary>
    public bool FoldsFactorOfFiles { get; init; }

    /// <summary>
    /// Fields of SAELens's configuration that are to have another value than the files give them, by SAELens's names:
    /// <c>normalize_activations</c>, <c>apply_b_dec_to_input</c>, <c>k</c>, <c>hook_name</c>, <c>hook_name_out</c>, <c>model_name</c>, <c>dataset_path</c>,
    /// <c>context_size</c>, <c>prepend_bos</c>, <c>neuronpedia_id</c>, <c>reshape_activations</c>; <c>d_in</c>, <c>d_out</c> and <c>d_sae</c> have to be those
    /// of the arrays. Other fields are kept and shown.
    /// </summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The repository the files come from, such as <c>google/gemma-scope-2b-pt-att</c>, where names in it tell model and site.</summary>
    public string? Repository { get; init; }

    /// <summary>The hook it reads.</summary>
    public HookPoint? Hook { get; init; }

    /// <summary>The hook a transcoder writes.</summary>
    public HookPoint? HookOut { get; init; }

    /// <summary>The model it was trained on.</summary>
    public string? ModelName { get; init; }

    /// <summary>Folders to look for a release's files in, before <c>data/saes</c> and the Hugging Face cache: ROOT/org/name, ROOT/name, ROOT/release or ROOT with the SAE's path below.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>Files of releases besides the registry's own, see <see cref="SaeRegistry.Load(IEnumerable{string})"/>.</summary>
    public IReadOnlyList<string> Registries { get; init; } = [];

    /// <summary>Whether files of a release may be fetched from the hub when they are not on this machine.</summary>
    public Download Download { get; init; } = Download.Never;
}
