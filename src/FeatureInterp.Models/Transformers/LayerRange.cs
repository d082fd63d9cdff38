using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Where a run starts and stops, checked.</summary>
internal static class LayerRange
{
    /// <summary>The block to stop before; a negative number counts from the end, as in TransformerLens.</summary>
    public static int Stop(Transformer model, int start, int? stop, Tensor? residual)
    {
        var layers = model.Config.Layers;
        var end = stop switch { null => layers, < 0 => layers + stop.Value, _ => stop.Value };
        if (end < 0 || end > layers)
            throw new HookException($"stopAtLayer is {stop}, but {model.Name} has {layers} layers: give {-layers} to {layers}.");
        if (start < 0 || start > end)
            throw new HookException($"startAtLayer is {start}, but the run stops before layer {end} of {model.Name}: give 0 to {end}.");
        if (start > 0 && residual is null)
            throw new HookException($"A run that starts at layer {start} needs the residual stream that enters it; give the argument 'residual'.");
        return end;
    }
}
