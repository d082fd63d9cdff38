using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>What a request clamps: a <c>feature</c> of its <c>sae</c>, or a <c>neuron</c> as <c>{layer, index}</c>.</summary>
internal sealed record UnitRequest(Func<Transformer, Unit> In)
{
    /// <summary>Reads it. To be asked for after all other keys: a misspelt key is found here.</summary>
    public static UnitRequest Of(RequestMap map)
    {
        var sae = map.Or<SaeRequest?>("sae", SaeRequest.Of, null);
        return map.OneOf(("feature", v => Feature(v, sae)), ("neuron", v => v.Map(Neuron)));
    }

    private static UnitRequest Feature(RequestValue value, SaeRequest? sae)
    {
        var feature = value.Int();
        return sae is null ? throw value.Wrong("a feature is one of an SAE, but there is no 'sae'; name it.") : new(model => Unit.Feature(sae.Load(model), feature));
    }

    private static UnitRequest Neuron(RequestMap neuron)
    {
        var (layer, index) = (neuron.Need("layer", v => v.Int()), neuron.Need("index", v => v.Int()));
        return new(_ => Unit.Neuron(layer, index));
    }
}
