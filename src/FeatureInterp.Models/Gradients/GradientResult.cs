namespace FeatureInterp.Models;

/// <summary>What a gradient run gives back.</summary>
public sealed class GradientResult
{
    internal GradientResult(RunResult run, IReadOnlyList<double> values, Activations gradients)
    {
        Run = run;
        Values = values;
        Gradients = gradients;
    }

    /// <summary>The forward pass: its tokens, its logits where the metric read them, and the values at the hooks, after what was changed there.</summary>
    public RunResult Run { get; }

    /// <summary>The values at the hooks asked for, after what was changed there.</summary>
    public Activations Activations => Run.Activations;

    /// <summary>The metric of each prompt.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>
    /// d(metric of the prompt)/d(value) at the hooks asked for, of the values' shapes: in row <c>i</c> of a [pos, d_model] tensor, by how much
    /// the metric changes for a change of that position's value alone.
    /// </summary>
    public Activations Gradients { get; }
}
