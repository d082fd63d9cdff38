using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// A straight way from given features to those that fire, for integrated gradients: prompt p of the run gets
/// baseline + shares[p] · (f − baseline), as constants. The prompts are usually copies of one.
/// </summary>
/// <param name="Shares">For each prompt of the run, how far along the way, 0 to 1.</param>
/// <param name="Baseline">Where it begins, [pos, d_sae], the same for each prompt; null for zeros.</param>
public sealed record SaePath(IReadOnlyList<double> Shares, Tensor? Baseline = null)
{
    /// <summary>The whole way, f − baseline, of one prompt's features where that is not zero.</summary>
    /// <param name="fired">What fires in the prompt.</param>
    /// <exception cref="SaeException">The baseline has another shape.</exception>
    public SparseFeatures Way(SparseFeatures fired)
    {
        if (Baseline is null)
            return fired;
        if (!Baseline.Shape.SequenceEqual([fired.Tokens, fired.DSae]))
            throw new SaeException($"The baseline is {Baseline}, but the prompt needs [{fired.Tokens}, {fired.DSae}].");
        var way = new SparseFeatures(fired.DSae);
        var row = new float[fired.DSae];
        for (var t = 0; t < fired.Tokens; t++)
        {
            TensorPrimitives.Negate(Baseline.Row(t), row);
            foreach (var f in fired.Span(t))
                row[f.Feature] += f.Value;
            way.AddToken(row);
        }

        return way;
    }

    /// <summary>The features of one prompt on the way.</summary>
    /// <param name="fired">What fires, of all prompts.</param>
    /// <param name="firstRow">The prompt's first row there.</param>
    /// <param name="tokens">The prompt's tokens.</param>
    /// <param name="share">How far.</param>
    /// <param name="result">Gets a token for each of the prompt's.</param>
    internal void Add(SparseFeatures fired, int firstRow, int tokens, double share, SparseFeatures result)
    {
        var row = new float[fired.DSae];
        for (var t = 0; t < tokens; t++)
        {
            if (Baseline is { } from)
                TensorPrimitives.Multiply(from.Row(t), (float)(1 - share), row);
            else
                row.AsSpan().Clear();
            foreach (var f in fired.Span(firstRow + t))
                row[f.Feature] += (float)(share * f.Value);
            result.AddToken(row);
        }
    }
}
