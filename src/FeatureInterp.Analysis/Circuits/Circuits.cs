using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>
/// What an attention head does, read from its weights alone (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"): the OV circuit says what it
/// writes for what it reads, the QK circuit which positions look at which. Vectors stand on the left, as in TransformerLens. Query heads that share a key/value
/// head share its W_K and W_V. Biases, rotation and norms of queries and keys are no part of the matrices.
/// </summary>
public static class Circuits
{
    /// <summary>W_V·W_O of one head, [d_model, d_model]: a row x of the stream, looked at with weight one, adds x·W_V·W_O to the stream.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The block.</param>
    /// <param name="head">The query head.</param>
    /// <param name="processing">The weight processing; null for the model's own if it has any, else <see cref="WeightProcessing.Standard"/>.</param>
    /// <exception cref="HookException">The model has no such block.</exception>
    /// <exception cref="AnalysisException">It has no such head.</exception>
    public static FactoredMatrix OV(Transformer model, int layer, int head, WeightProcessing? processing = null)
    {
        var block = Block(model, layer, head, processing);
        return new FactoredMatrix(block.W_V()[Shared(model, head)], block.W_O()[head]);
    }

    /// <summary>W_Q·W_Kᵀ of one head, [d_model, d_model]: the score of a query row x and a key row y is x·W_Q·W_Kᵀ·yᵀ, before scaling.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The block.</param>
    /// <param name="head">The query head.</param>
    /// <param name="processing">The weight processing, as in <see cref="OV"/>.</param>
    /// <exception cref="HookException">The model has no such block.</exception>
    /// <exception cref="AnalysisException">It has no such head.</exception>
    public static FactoredMatrix QK(Transformer model, int layer, int head, WeightProcessing? processing = null)
    {
        var block = Block(model, layer, head, processing);
        return FactoredMatrix.OfTransposed(block.W_Q()[head], block.W_K()[Shared(model, head)]);
    }

    /// <summary>The key/value head that a query head uses.</summary>
    internal static int Shared(Transformer model, int head) => head / (model.Config.Heads / model.Config.KeyValueHeads);

    private static LensBlockWeights Block(Transformer model, int layer, int head, WeightProcessing? processing)
    {
        if ((uint)head >= (uint)model.Config.Heads)
            throw new AnalysisException($"Head {head} is asked for, but {model.Name} has heads 0–{model.Config.Heads - 1}.");
        return Processed.Model(model, processing).LensWeights.Block(layer);
    }
}
