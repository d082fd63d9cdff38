using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>Which weight processing an analysis without SAEs runs on.</summary>
internal static class Processed
{
    /// <summary>The model with the processing asked for; without one, with its own if it has any, else with TransformerLens's default.</summary>
    public static Transformer Model(Transformer model, WeightProcessing? asked)
    {
        var wanted = asked ?? (model.Processing.IsNone ? WeightProcessing.Standard : model.Processing);
        return wanted == model.Processing ? model : model.WithProcessing(wanted);
    }
}
