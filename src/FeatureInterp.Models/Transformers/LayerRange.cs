using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Where a run starts and stops.</summary>
/// <param name="Start">The first block to run.</param>
/// <param name="Stop">The block to stop before.</param>
/// <param name="Layers">The number of blocks there are.</param>
/// <param name="Resumes">Whether the run starts from a residual stream, so that nothing is embedded.</param>
internal readonly record struct LayerRange(int Start, int Stop, int Layers, bool Resumes)
{
    /// <summary>From the tokens to the logits.</summary>
    public static LayerRange Whole(Transformer model) => new(0, model.Config.Layers, model.Config.Layers, Resumes: false);

    /// <summary>The range of a run's arguments, checked; a negative stop counts from the end, as in TransformerLens.</summary>
    public static LayerRange Of(Transformer model, int start, int? stop, Tensor? residual)
    {
        var layers = model.Config.Layers;
        var end = stop switch { null => layers, < 0 => layers + stop.Value, _ => stop.Value };
        if (end < 0 || end > layers)
            throw new HookException($"stopAtLayer is {stop}, but {model.Name} has {layers} layers: give {-layers} to {layers}.");
        if (start < 0 || start > end)
            throw new HookException($"startAtLayer is {start}, but the run stops before layer {end} of {model.Name}: give 0 to {end}.");
        if (start > 0 && residual is null)
            throw new HookException($"A run that starts at layer {start} needs the residual stream that enters it; give the argument 'residual'.");
        return new LayerRange(start, end, layers, residual is not null);
    }

    /// <summary>Whether a run over these layers passes a hook.</summary>
    public bool Reaches(HookPoint point)
    {
        if (point.Site.IsPerLayer())
            return point.Layer >= Start && point.Layer < Stop;
        return point.Site < HookSite.ResidPre ? !Resumes : Stop == Layers;
    }
}
