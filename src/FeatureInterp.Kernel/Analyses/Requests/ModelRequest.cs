using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>The model of a request: its name, or a mapping with the choices that <c>--model</c>'s companions make on the command line.</summary>
internal sealed record ModelRequest(string Name, LoadOptions Options)
{
    /// <summary>Reads it.</summary>
    public static ModelRequest Of(RequestValue value) => !value.IsMap ? new(value.Text(), new()) : value.Map(map => new ModelRequest(map.Need("name", v => v.Text()), new LoadOptions
    {
        LayerOrder = map.Or("layer_order", v => v.Choice(("local-first", LayerOrder.LocalFirst), ("global-first", LayerOrder.GlobalFirst)), LayerOrder.LocalFirst),
        Processing = map.Or("process", v => v.Flag(), false) ? WeightProcessing.Standard : WeightProcessing.None,
        GemmaGelu = map.Or("gemma_gelu", v => v.Choice(("tanh", GemmaGelu.Tanh), ("exact", GemmaGelu.Exact)), GemmaGelu.Tanh),
        NormalizedHook = map.Or("hook_normalized", v => v.Choice(("before-gain", NormalizedHook.BeforeGain), ("after-gain", NormalizedHook.AfterGain)), NormalizedHook.BeforeGain),
        Download = map.Or("download", v => v.Flag(), false) ? Download.Allowed : Download.Never,
    }));

    /// <summary>Loads it.</summary>
    public Transformer Load() => Transformer.Load(Name, Options);
}
