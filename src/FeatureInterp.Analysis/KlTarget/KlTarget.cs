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
    private const int Inside = 3;                                            // values a round within the bracket
    private const int Rounds = 20;

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
        double from = Math.Log(options.Least), to = Math.Log(options.Most);
        var count = Math.Max(2, 1 + (int)Math.Ceiling((to - from) / Math.Log(10) * GridSteps));
        var sizes = Enumerable.Range(0, count).Select(i => from + (to - from) * i / (count - 1)).ToArray();
        var kl = Try(sizes);
        var best = Nearest(sizes, kl);
        var over = Array.FindIndex(kl, k => k >= target);
        if (over <= 0)
            return Answer(best);

        var (low, high) = ((Size: sizes[over - 1], Kl: kl[over - 1]), (Size: sizes[over], Kl: kl[over]));
        for (var round = 0; round < Rounds && !IsNear(best.Kl) && high.Size - low.Size > 1e-6; round++)
        {
            // Where the curve would cross if it were straight in both logarithms, and halfway to both ends from there.
            var share = low.Kl > 0 ? Math.Clamp(Math.Log(target / low.Kl) / Math.Log(high.Kl / low.Kl), 0.02, 0.98) : 0.5;
            var guess = low.Size + (high.Size - low.Size) * share;
            double[] tried = [(low.Size + guess) / 2, guess, (guess + high.Size) / 2];
            var found = Try(tried);
            for (var i = 0; i < Inside; i++)
            {
                if (found[i] >= target)
                {
                    high = (tried[i], found[i]);
                    break;
                }

                low = (tried[i], found[i]);
            }

            var near = Nearest(tried, found);
            if (Math.Abs(near.Kl - target) < Math.Abs(best.Kl - target))
                best = near;
        }

        return Answer(best);

        double[] Try(double[] logarithms) => measure(Array.ConvertAll(logarithms, s => sign * Math.Exp(s)));
        bool IsNear(double k) => Math.Abs(k - target) <= options.Tolerance * target;
        (double Size, double Kl) Nearest(double[] at, double[] values)
        {
            var i = Enumerable.Range(0, at.Length).MinBy(j => double.IsFinite(values[j]) ? Math.Abs(values[j] - target) : double.MaxValue);
            return (at[i], values[i]);
        }

        (KlStep, bool) Answer((double Size, double Kl) of) => (new KlStep(sign * Math.Exp(of.Size), of.Kl), IsNear(of.Kl));
    }
}
