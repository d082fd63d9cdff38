using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Directions at a hook as directions of the residual stream.</summary>
internal static class ResidualDirections
{
    /// <summary>The vectors themselves where the hook has the stream's width; those of a layer's z through its W_O.</summary>
    /// <param name="model">The model, with its weight processing.</param>
    /// <param name="hook">Where the vectors belong.</param>
    /// <param name="vectors">[vector, width of the hook]</param>
    /// <param name="throughPostNorm">Whether the gain of a norm after attention is applied to what comes from z.</param>
    /// <returns>[vector, d_model]</returns>
    /// <exception cref="AnalysisException">The hook writes nothing to the stream, or is of another width.</exception>
    public static Tensor Of(Transformer model, HookPoint hook, Tensor vectors, bool throughPostNorm)
    {
        if (hook.Site == HookSite.Z)
        {
            var block = model.LensWeights.Block(hook.Layer);
            var output = block.W_O();                                        // [head, d_head, d_model]
            var turned = Tensor.Uninitialized(vectors.Shape[0], model.Config.DModel);
            Kernels.MatMul(vectors.Span, Weight.FromFloats("W_O", output.Span, output.Shape[0] * output.Shape[1], output.Shape[2]), turned.Span);
            if (throughPostNorm)
                Scale(turned, block.Ln1PostGain());
            return turned;
        }

        return vectors.Shape[1] == model.Config.DModel
            ? vectors
            : throw new AnalysisException($"A vector of {hook} has {vectors.Shape[1]} values, not the {model.Config.DModel} of the residual stream of {model.Name}, so it says nothing of tokens by itself; take an SAE of the stream or of what a layer writes to it.");
    }

    /// <summary>Multiplies each vector by a gain, if there is one.</summary>
    public static void Scale(Tensor vectors, Tensor? gain)
    {
        for (var r = 0; gain is not null && r < vectors.Shape[0]; r++)
            TensorPrimitives.Multiply(vectors.Row(r), gain.Span, vectors.Row(r));
    }
}
