namespace FeatureInterp.Analysis;

/// <summary>A token on which some feature of a set fires.</summary>
public sealed record CooccurrencePoint
{
    /// <summary>The row of the corpus, from 0.</summary>
    public required int Row { get; init; }

    /// <summary>The position in the row, from 0.</summary>
    public required int Position { get; init; }

    /// <summary>The texts of the tokens around it and its own.</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>Which of <see cref="TokenTexts"/> is its own.</summary>
    public required int Focus { get; init; }

    /// <summary>The features of the set that fire on it, in the set's order, and their activations.</summary>
    public required IReadOnlyList<(int Feature, float Value)> Fired { get; init; }

    /// <summary>Where it lies along each component: (v − v̄)·component, [component].</summary>
    public required IReadOnlyList<double> Projection { get; init; }

    /// <summary>The token's text.</summary>
    public string Token => TokenTexts[Focus];

    /// <summary>The token with what stands around it, as the source writes it: <c>prefix|token|suffix</c>.</summary>
    public string Context => $"{string.Concat(TokenTexts.Take(Focus))}|{Token}|{string.Concat(TokenTexts.Skip(Focus + 1))}";

    /// <summary>The feature with the largest activation in size; of equal ones the first.</summary>
    public int Strongest => Fired.MaxBy(f => Math.Abs(f.Value)).Feature;

    /// <summary>The context.</summary>
    public override string ToString() => Context;
}

/// <summary>One feature of a set.</summary>
/// <param name="Feature">The feature, 0 to d_sae − 1.</param>
/// <param name="Fired">The number of tokens it fires on.</param>
/// <param name="Mean">Its mean activation on those; 0 for none.</param>
/// <param name="Loadings">W_dec[feature]·component: how far an activation of 1 moves a token along each component, [component].</param>
public sealed record CooccurrenceFeature(int Feature, long Fired, double Mean, IReadOnlyList<double> Loadings);

/// <summary>One principal component of a set.</summary>
/// <param name="Variance">The variance of the tokens along it (n − 1 in the denominator); scikit-learn's <c>explained_variance_</c>.</param>
/// <param name="Ratio">Its share of the whole variance, 0 to 1.</param>
/// <param name="Direction">Its unit vector in the residual stream, [d_out]; the entry of largest magnitude is positive.</param>
public sealed record CooccurrenceComponent(double Variance, double Ratio, IReadOnlyList<double> Direction);
