namespace FeatureInterp.Saes;

/// <summary>
/// Gives features that no longer fire something to do (Gao et al. 2024, SAELens's form): the strongest of them on each token are to reconstruct what the
/// living left over, without b_dec. Their values are taken as they are, negative ones too.
/// </summary>
internal static class DeadFeatureLoss
{
    /// <summary>How many dead features a token gets.</summary>
    public static int PerToken(int dIn, int dead) => Math.Min(dIn / 2, dead);

    /// <summary>
    /// Adds <c>coefficient · min(dead / (d_in/2), 1) · mean ‖v·W_dec − (x − output)‖²</c>, where x − output is held fixed, to the gradients.
    /// </summary>
    /// <param name="page">The step.</param>
    /// <param name="chosen">The chosen dead features of each row.</param>
    /// <param name="v">Their values before the decoder's norm is multiplied in.</param>
    /// <param name="dead">How many dead features there are.</param>
    /// <param name="output">The reconstruction by the living.</param>
    /// <param name="coefficient">The loss's weight.</param>
    /// <param name="bias">The bias of the pre-activations.</param>
    /// <returns>The loss.</returns>
    public static double Add(StepPage page, SparseBatch chosen, float[] v, int dead, FeatureInterp.Tensors.Tensor output, double coefficient, TrainingParameter bias)
    {
        var weight = coefficient * Math.Min((double)dead / (page.Parameters.DIn / 2), 1);
        var residual = StepPage.Like(output);
        TensorPrimitives.Subtract(page.X.Span, output.Span, residual.Span);
        var guess = FeatureInterp.Tensors.Tensor.Zeros(output.Shape);
        page.Products.AddRows(chosen, v, page.Parameters.Decoder, guess);
        var gradient = StepPage.Like(output);
        var loss = StepPage.SquaredError(guess, residual, weight, gradient);
        page.Encoded(chosen, page.Decoded(chosen, v, gradient), bias);
        return loss;
    }
}
