using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// The value to which a feature or neuron is clamped so that the model's predictions move by a given KL divergence: a strength that means the same for every unit. The divergence
/// is the mean over prompts and positions, in nats.
/// </summary>
public static class KlTarget
{
    private const int GridSteps = 4;                                         // values a factor of ten
    private const int MostSteps = 40;

    /// <summary>Looks for the value.</summary>
    /// <param name="model">The model.</param>
    /// <param name="unit">The feature or neuron.</param>
    /// <param name="target">The divergence to reach, in nats, above 0.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Given each value as it is measured.</param>
    /// <param name="cancellation">Looked at before each batch and each block.</param>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">A prompt is too long.</exception>
    /// <exception cref="AnalysisException">The target is not above 0, the model has no such unit, or an option makes no sense.</exception>
    public static KlTargetResult Run(
        Transformer model, Unit unit, double target, KlTargetOptions? options = null, IProgress<KlStep>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new KlTargetOptions();
        options.Validate();
        if (!(target > 0 && double.IsFinite(target)))
            throw new AnalysisException($"The target is {target}; give a divergence above 0, and the option Negative for values below 0.");
        unit.Check(model);
        var meter = new KlMeter(model, unit, options, cancellation);
        var steps = new List<KlStep>();
        double[] Measure(double[] values)
        {
            var kl = meter.At(values);
            for (var i = 0; i < values.Length; i++)
            {
                steps.Add(new KlStep(values[i], kl[i]));
                progress?.Report(steps[^1]);
            }

            return kl;
        }

        var found = options.Search == KlSearch.IntegerBisection ? Bisect(v => Measure([v])[0], target, options.Negative) : Bracket(Measure, target, options);
        return new KlTargetResult
        {
            Unit = unit.ToString(),
            Target = target,
            Value = found.Step.Value,
            Kl = found.Step.Kl,
            Converged = found.Converged,
            Steps = steps,
            Provenance = unit.Provenance(model, meter.Prompts),
        };
    }

    // The notebook's loop, a value that is not a number ending it too.
    private static (KlStep Step, bool Converged) Bisect(Func<double, double> measure, double target, bool negative)
    {
        const double Above = 0.1;
        var (low, high) = negative ? (-1000, -1) : (1, 1000);
        var (mid, kl) = (0, -1.0);
        while (low + 1 < high && (kl < target || kl > target + Above))
        {
            mid = (int)Math.Floor((low + high) / 2.0);
            kl = measure(mid);
            if (negative ? kl < target : kl > target)
                high = mid;
            else
                low = mid;
        }

        return (new KlStep(mid, kl), kl >= target && kl <= target + Above);
    }

    private static (KlStep Step, bool Converged) Bracket(Func<double[], double[]> measure, double target, KlTargetOptions options)
    {
        var sign = options.Negative ? -1 : 1;
        var walk = new KlWalk(target, Math.Log(options.Least), Math.Log(options.Most));
        for (var step = 0; step < MostSteps && !walk.IsNear(options.Tolerance) && walk.Next() is { } size; step++)
            walk.Add(size, Try([size])[0]);
        if (!walk.IsNear(options.Tolerance) && !walk.HasBracket)
        {
            // Nothing on the way: the whole range, once.
            var sizes = walk.Grid(GridSteps);
            walk.AddGrid(sizes, Try(sizes));
            for (var step = 0; step < MostSteps && walk.HasBracket && !walk.IsNear(options.Tolerance) && walk.Next() is { } size; step++)
                walk.Add(size, Try([size])[0]);
        }

        return (new KlStep(sign * Math.Exp(walk.Best.Size), walk.Best.Kl), walk.IsNear(options.Tolerance));

        double[] Try(double[] logarithms) => measure(Array.ConvertAll(logarithms, s => sign * Math.Exp(s)));
    }
}
