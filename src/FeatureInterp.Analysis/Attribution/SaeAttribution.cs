using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>What one feature at one token adds to the metric.</summary>
/// <param name="Position">The token's position, from 0.</param>
/// <param name="Feature">The feature.</param>
/// <param name="Activation">f, less the baseline where one was given.</param>
/// <param name="Gradient">d(metric)/df; for integrated gradients its mean over the way.</param>
public readonly record struct AttributedFeature(int Position, int Feature, double Activation, double Gradient)
{
    /// <summary>Activation · gradient, in the metric's unit.</summary>
    public double Attribution => Activation * Gradient;
}

/// <summary>What one feature adds to the metric over all positions.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Attribution">The sum over positions of activation · gradient.</param>
/// <param name="Tokens">At how many tokens it fires.</param>
/// <param name="MaxActivation">Its activation of largest magnitude.</param>
public readonly record struct FeatureTotal(int Feature, double Attribution, int Tokens, double MaxActivation);

/// <summary>The attributions to the features of one SAE.</summary>
public sealed record SaeAttribution
{
    // What SAELens's tutorial adds to a denominator.
    private const double Epsilon = 1e-8;

    /// <summary>The SAE's name.</summary>
    public required string Sae { get; init; }

    /// <summary>The hook whose place it takes.</summary>
    public required HookPoint Hook { get; init; }

    /// <summary>The number of features it has.</summary>
    public required int DSae { get; init; }

    /// <summary>Every feature that fires at every token, by position and then by feature.</summary>
    public required IReadOnlyList<AttributedFeature> Fired { get; init; }

    /// <summary>Every feature that fires anywhere, by the magnitude of its attribution summed over positions, largest first; of equal ones the smaller first.</summary>
    public required IReadOnlyList<FeatureTotal> Features { get; init; }

    /// <summary>The sum of all features' attributions at each position, [pos].</summary>
    public required IReadOnlyList<double> PerPosition { get; init; }

    /// <summary>What the error adds at each position, error · d(metric)/d(error), [pos]; zeros where the error term is left out.</summary>
    public required IReadOnlyList<double> ErrorPerPosition { get; init; }

    /// <summary>‖d(metric)/d(what the model goes on with)‖ over all positions.</summary>
    public required double OutputGradientNorm { get; init; }

    /// <summary>‖d(metric)/d(error)‖; 0 where the error term is left out.</summary>
    public required double ErrorGradientNorm { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The sum of everything in <see cref="Fired"/>.</summary>
    public double Total => PerPosition.Sum();

    /// <summary>The sum of <see cref="ErrorPerPosition"/>.</summary>
    public double ErrorTotal => ErrorPerPosition.Sum();

    /// <summary>
    /// SAELens's <c>sae_errors_attribution_proportion</c>: ‖d/d(error)‖ / (‖d/d(error)‖ + ‖d/d(out)‖ + 1e-8). Output and error enter by one sum, so it is
    /// 0.5 with the error term and 0 without, whatever the SAE: see <see cref="ErrorTotal"/> for a number that says something.
    /// </summary>
    public double ErrorProportion => ErrorGradientNorm / (ErrorGradientNorm + OutputGradientNorm + Epsilon);

    /// <summary>One feature's attribution summed over positions; 0 for one that never fires.</summary>
    /// <param name="feature">The feature.</param>
    /// <exception cref="AnalysisException">There is no such feature.</exception>
    public double this[int feature] => (uint)feature < (uint)DSae
        ? Features.FirstOrDefault(f => f.Feature == feature).Attribution
        : throw new AnalysisException($"There is no feature {feature}; {Sae} has features 0 to {DSae - 1}.");

    /// <summary>One feature's attribution at each position, [pos].</summary>
    /// <param name="feature">The feature.</param>
    /// <exception cref="AnalysisException">There is no such feature.</exception>
    public IReadOnlyList<double> Positions(int feature)
    {
        _ = this[feature];
        var values = new double[PerPosition.Count];
        foreach (var f in Fired.Where(f => f.Feature == feature))
            values[f.Position] = f.Attribution;
        return values;
    }
}
