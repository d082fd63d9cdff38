using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Losses of one prompt, from two runs' logits.</summary>
internal static class TokenLosses
{
    /// <summary>−log p(token i+1 | tokens up to i), [pos − 1].</summary>
    public static double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> tokens)
    {
        var loss = new double[tokens.Length - 1];
        var exponentials = new float[logits.Shape[1]];
        for (var i = 0; i < loss.Length; i++)
            loss[i] = LogSumExp(logits.Row(i), exponentials, out _) - logits[i, tokens[i + 1]];
        return loss;
    }

    /// <summary>Σ p·(log p − log q) over the vocabulary at every position, [pos].</summary>
    /// <param name="original">The logits of p, [pos, d_vocab].</param>
    /// <param name="changed">The logits of q, [pos, d_vocab].</param>
    public static double[] Divergence(Tensor original, Tensor changed)
    {
        var divergence = new double[original.Shape[0]];
        var (p, q) = (new float[original.Shape[1]], new float[original.Shape[1]]);
        for (var i = 0; i < divergence.Length; i++)
        {
            ReadOnlySpan<float> a = original.Row(i), b = changed.Row(i);
            var offset = LogSumExp(a, p, out var total) - LogSumExp(b, q, out _);
            double sum = 0;
            for (var v = 0; v < p.Length; v++)
                sum += p[v] * ((double)a[v] - b[v] - offset);
            divergence[i] = sum / total;
        }

        return divergence;
    }

    // log Σ exp(logit), and exp(logit − largest) with their sum: the exponentials in single precision, all sums in double.
    private static double LogSumExp(ReadOnlySpan<float> logits, float[] exponentials, out double total)
    {
        var largest = TensorPrimitives.Max(logits);
        TensorPrimitives.Subtract(logits, largest, exponentials);
        TensorPrimitives.Exp<float>(exponentials, exponentials);
        total = 0;
        foreach (var e in exponentials)
            total += e;
        return largest + Math.Log(total);
    }
}
