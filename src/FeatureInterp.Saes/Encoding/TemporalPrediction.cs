using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// What the tokens before foretell of a token, in a temporal SAE (SAELens 6). Each layer takes from y the part that lies along its
/// prediction d: with z = ReLU(λ·y·W_enc) and z′ the same one token earlier (zero before the first), p = ReLU(Attention(q = z, k = v = z′))
/// and d = p·W_dec, y becomes y − (⟨d, y⟩ / (‖d‖ + 1e-6)²)·d. λ = 1 / (4·d_in).
/// </summary>
internal static class TemporalPrediction
{
    /// <summary>λ, by which an input is multiplied before it meets the encoder.</summary>
    public static float Lambda(SaeConfig config) => 1f / (4 * config.DIn);

    /// <summary>Takes from y, in place, what is foretold.</summary>
    /// <param name="y">[token, d_in]</param>
    /// <param name="texts">The number of tokens of each text; they sum to those of <paramref name="y"/>.</param>
    /// <param name="weights">The SAE's arrays.</param>
    /// <param name="config">What it computes.</param>
    /// <returns>What was taken: the prediction, [token, d_in].</returns>
    public static Tensor Take(Tensor y, IReadOnlyList<int> texts, SaeWeights weights, SaeConfig config)
    {
        var prediction = y.Clone();
        var first = 0;
        foreach (var length in texts)
        {
            if (length > 0)
                TakeFrom(y.Rows(first, length), weights, config);
            first += length;
        }

        TensorPrimitives.Subtract(prediction.Span, y.Span, prediction.Span);
        return prediction;
    }

    private static void TakeFrom(Tensor y, SaeWeights weights, SaeConfig config)
    {
        foreach (var layer in weights.Attention)
        {
            var z = Codes(y, weights, config);                          // [token, d_sae]
            var p = Attend(z, layer, config.Temporal!.Heads);           // [token, d_sae]
            TensorPrimitives.Max(p.Span, 0f, p.Span);
            var d = Tensor.Uninitialized(y.Shape);                      // [token, d_in]
            weights.Decoder.DecodeDense(p, d);
            for (var t = 0; t < y.Shape[0]; t++)
            {
                Span<float> row = y.Row(t), along = d.Row(t);
                var norm = TensorPrimitives.Norm<float>(along) + 1e-6f;
                TensorPrimitives.MultiplyAdd(along, -TensorPrimitives.Dot<float>(along, row) / (norm * norm), row, row);
            }
        }
    }

    private static Tensor Codes(Tensor y, SaeWeights weights, SaeConfig config)
    {
        var scaled = y.Clone();
        TensorPrimitives.Multiply(scaled.Span, Lambda(config), scaled.Span);
        var z = Tensor.Uninitialized(y.Shape[0], config.DSae);
        (weights.Encoder ?? weights.Decoder).Encode(scaled, z);
        TensorPrimitives.Max(z.Span, 0f, z.Span);
        return z;
    }

    private static Tensor Attend(Tensor z, TemporalAttentionWeights layer, int heads)
    {
        int tokens = z.Shape[0], width = z.Shape[1];
        var before = Tensor.Zeros(tokens, width);
        z.Span[..((tokens - 1) * width)].CopyTo(before.Span[width..]);
        Tensor q = layer.Query.Apply(z), k = layer.Key.Apply(before), v = layer.Value.Apply(before);
        int keyDim = q.Shape[1] / heads, valueDim = width / heads;
        var shape = new AttentionShape(tokens, tokens, heads, heads, keyDim, Scale: 1 / MathF.Sqrt(keyDim));
        var pattern = Tensor.Uninitialized(heads, tokens, tokens);
        Kernels.AttentionScores(q.Span, k.Span, shape, pattern.Span);
        Kernels.SoftmaxRows(pattern.Span, tokens);
        var mixed = Tensor.Uninitialized(tokens, width);
        Kernels.AttentionMix(pattern.Span, v.Span, shape with { HeadDim = valueDim }, mixed.Span);
        return layer.Output.Apply(mixed);
    }
}
