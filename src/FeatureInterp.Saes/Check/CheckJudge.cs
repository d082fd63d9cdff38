using System.Globalization;

namespace FeatureInterp.Saes;

/// <summary>From numbers to a verdict. The bands are wide: they are to catch an SAE out of its place, not to rank good ones.</summary>
internal static class CheckJudge
{
    // Below these an SAE explains too little for its features to mean anything, whatever it was trained on.
    public const double GoodExplained = 0.5;
    private const double PoorExplained = 0.2;

    // So far below what is expected: the check's texts are not those an SAE was trained on.
    private const double DoubtfulLoss = 0.2;
    private const double BadLoss = 0.45;

    // So many times more or fewer features than expected.
    private const double DoubtfulL0 = 2.5;
    private const double BadL0 = 4;

    // A change that leaves less than these shares unexplained names the cause.
    private const double Surely = 0.75;
    private const double Perhaps = 0.9;
    private const double SurelyPaired = 0.85;

    // Thresholds keep out what explains a little, so leaving them away always helps a little.
    private const double SurelyThreshold = 0.5;

    // A gain smaller than this is no cause unless it is half of what was missing.
    private const double Gain = 0.04;
    private const double Half = 0.5;

    // Fewer features explain a little less of the variance.
    private const double NearlyAsMuch = 0.15;

    /// <summary>The verdict of the numbers alone.</summary>
    public static (SaeVerdict Verdict, IReadOnlyList<string> Reasons) Bands(SaeFitNumbers m, SaeExpectation? expected, SaeConfig config)
    {
        var (verdict, reasons) = (SaeVerdict.Fits, new List<string>());
        var dSae = config.DSae;
        var isDense = m.L0 > Math.Min(config.DIn, dSae / 2.0);
        void Say(bool bad, FormattableString why)
        {
            verdict = bad ? SaeVerdict.DoesNotFit : verdict == SaeVerdict.DoesNotFit ? verdict : SaeVerdict.Doubtful;
            reasons.Add(why.ToString(CultureInfo.InvariantCulture));
        }

        if (m.ExplainedVariance < GoodExplained)
            Say(m.ExplainedVariance < PoorExplained, $"It explains {m.ExplainedVariance:F3} of the variance; an SAE in its place explains more than {GoodExplained:F1}.");
        else if (expected?.ExplainedVariance is { } known && m.ExplainedVariance < known - DoubtfulLoss)
            Say(m.ExplainedVariance < known - BadLoss, $"It explains {m.ExplainedVariance:F3} of the variance, where {known:F3} is known ({expected.Source}).");
        if (expected?.L0 is { } l0 && l0 > 0)
        {
            var ratio = Math.Max(m.L0 / l0, l0 / Math.Max(m.L0, 1e-9));
            if (ratio > DoubtfulL0)
                Say(ratio > BadL0, $"{m.L0:F1} features fire on a token, where {l0:F1} are known ({expected.Source}).");
        }
        else if (m.L0 < 1 || isDense)
        {
            Say(bad: false, $"{m.L0:F1} of {dSae} features fire on a token, which is {(m.L0 < 1 ? "hardly any" : "not sparse")}.");
        }

        // A token has L0 features, so this few over all tokens means that the same ones fire everywhere.
        if ((1 - m.DeadShare) * dSae < 2 * m.L0 && !isDense && m is { Tokens: >= 100, L0: >= 1 })
            Say(bad: false, $"The same few features fire on nearly every token: {(1 - m.DeadShare) * dSae:F0} on {m.Tokens} tokens, {m.L0:F1} at a time.");
        if (m.CeLossScore is { } score and < 0.5)
            Say(score < 0, $"With the SAE in place {100 * score:F0} % of the loss is recovered.");
        return (verdict, reasons);
    }

    /// <summary>Whether one of the quick trials explains more.</summary>
    public static bool IsSuspicious(IReadOnlyList<SaeAlternative> tried) => tried.Any(t => t.Remaining < Perhaps);

    /// <summary>The whole verdict.</summary>
    public static SaeCheckResult Judge(SparseAutoencoder sae, string model, bool otherName, SaeFitNumbers m, SaeExpectation? expected, IReadOnlyList<SaeAlternative> tried)
    {
        var (verdict, reasons) = Bands(m, expected, sae.Config);
        var result = new SaeCheckResult { Verdict = verdict, Reasons = reasons, Measured = m, Expected = expected, Tried = tried };
        if (Best(tried) is { } best && best.Remaining < Perhaps)
        {
            var sure = best.Remaining < (IsPaired(best) ? SurelyPaired : Surely);
            var why = string.Create(CultureInfo.InvariantCulture, $"It explains more {best.What}: {best.Alternative:F3} of the variance of the first tokens, {best.Present:F3} as it is used.");
            return result with { Verdict = sure ? SaeVerdict.DoesNotFit : SaeVerdict.Doubtful, Cause = best.Cause, Reasons = [why, .. reasons] };
        }

        if (verdict == SaeVerdict.Fits)
            return result;
        if (TooManyFire(sae.Config, m, expected, tried) is { } many)
            return result with { Cause = many.Cause, Reasons = [many.Why, .. reasons] };
        if (m.ExplainedVariance < GoodExplained)
            return result with { Cause = SaeMisfit.OtherModel, Reasons = [$"No other layer, size, normalisation or activation helps: it was most likely trained on another model{(sae.Config.ModelName is { } name ? $" ({name}; this is {model})" : "")}.", .. reasons] };
        return otherName ? result with { Cause = SaeMisfit.OtherModel, Reasons = [$"It was trained on {sae.Config.ModelName}, and this is {model}.", .. reasons] } : result;
    }

    // Reconstruction does not suffer when features fire that should not: it takes the known L0 to see them.
    private static (SaeMisfit Cause, string Why)? TooManyFire(SaeConfig config, SaeFitNumbers m, SaeExpectation? expected, IReadOnlyList<SaeAlternative> tried)
    {
        if (expected?.L0 is not { } l0 || m.L0 < DoubtfulL0 * l0 || tried.LastOrDefault(t => t.Cause == SaeMisfit.WrongActivation) is not { } fewer || fewer.Alternative < fewer.Present - NearlyAsMuch)
            return null;
        return config.Architecture == SaeArchitecture.JumpReLU
            ? (SaeMisfit.Scaling, NearlyAs(fewer) + " Its thresholds let everything through, as if they were on another scale.")
            : (SaeMisfit.WrongActivation, NearlyAs(fewer) + " It was most likely trained with TopK or thresholds and is read as ReLU.");
    }

    private static string NearlyAs(SaeAlternative other) => string.Create(
        CultureInfo.InvariantCulture, $"It explains nearly as much {other.What}: {other.Alternative:F3} of the variance of the first tokens, {other.Present:F3} as it is used.");

    // The change that leaves least unexplained; of nearly equal ones the one that was tried first. Where an SAE still explains little
    // with it, it only happens to suit a stranger's activations a little better.
    private static SaeAlternative? Best(IReadOnlyList<SaeAlternative> tried)
    {
        var helping = tried.Where(t => t.Cause != SaeMisfit.None && t.Alternative >= GoodExplained && Counts(t)).ToArray();
        if (helping.Length == 0)
            return null;
        var least = helping.Min(t => t.Remaining);
        return helping.First(t => t.Remaining <= least * 1.1);
    }

    // Tried on the very same tokens at the very same place: any gain is their own.
    private static bool IsPaired(SaeAlternative t) => t.Cause is SaeMisfit.ProcessedWeights or SaeMisfit.MissingBos or SaeMisfit.UnwantedBos;

    private static bool Counts(SaeAlternative t) =>
        t.What.StartsWith("with thresholds", StringComparison.Ordinal) ? t.Remaining < SurelyThreshold
        : IsPaired(t) || t.Alternative - t.Present >= Gain || t.Remaining < Half;
}
