using System.Globalization;

namespace FeatureInterp.Saes;

/// <summary>Whether an SAE fits a model.</summary>
public enum SaeVerdict
{
    /// <summary>The numbers are those of an SAE in its place.</summary>
    Fits,

    /// <summary>Something is odd; the reasons say what.</summary>
    Doubtful,

    /// <summary>Its features mean nothing as it is used; the cause says why, most likely.</summary>
    DoesNotFit,

    /// <summary>It could not be tried, or was not to be; the reasons say why.</summary>
    NotChecked,
}

/// <summary>Why an SAE does not fit, most likely.</summary>
public enum SaeMisfit
{
    /// <summary>Nothing is wrong, or it is not known what.</summary>
    None,

    /// <summary>It reconstructs another layer's activations better.</summary>
    WrongLayer,

    /// <summary>Nothing that was tried helps: it was trained on another model.</summary>
    OtherModel,

    /// <summary>It does better on texts that begin with the beginning-of-sequence token.</summary>
    MissingBos,

    /// <summary>It does better on texts that do not begin with the beginning-of-sequence token.</summary>
    UnwantedBos,

    /// <summary>It does better on activations of another size, normalised otherwise, or with other thresholds.</summary>
    Scaling,

    /// <summary>It does as well or better when fewer of its features may fire, or when more may.</summary>
    WrongActivation,

    /// <summary>It does better on a model with other weight processing.</summary>
    ProcessedWeights,

    /// <summary>Its weights, or the model's, give values that are not finite.</summary>
    DamagedWeights,
}

/// <summary>What a check measured, over the tokens of its texts without the first of each.</summary>
/// <param name="Tokens">How many tokens.</param>
/// <param name="L0">Features that fire on a token.</param>
/// <param name="ExplainedVariance">1 − E‖x − x̂‖² / (E‖x‖² − ‖E x‖²).</param>
/// <param name="DeadShare">The share of features that fire on none of the tokens. With so few tokens most features of a large SAE are among them.</param>
/// <param name="CeLossScore">The share of the cross-entropy lost by zeros that the SAE recovers; null when it was not measured (large models).</param>
public sealed record SaeFitNumbers(int Tokens, double L0, double ExplainedVariance, double DeadShare, double? CeLossScore);

/// <summary>What is known of an SAE from where it was published; null for what is not.</summary>
/// <param name="L0">Features that fire on a token.</param>
/// <param name="ExplainedVariance">The explained variance, 0 to 1.</param>
/// <param name="Source">Where the numbers come from.</param>
public sealed record SaeExpectation(double? L0, double? ExplainedVariance, string Source);

/// <summary>One thing that was tried.</summary>
/// <param name="Cause">What it would mean if it helped.</param>
/// <param name="What">What was tried, as the end of the sentence "it explains more …".</param>
/// <param name="Present">The explained variance as the SAE is used, on the first tokens of each text.</param>
/// <param name="Alternative">The explained variance with the change, on the same tokens.</param>
public sealed record SaeAlternative(SaeMisfit Cause, string What, double Present, double Alternative)
{
    /// <summary>What is left unexplained with the change, as a share of what is left without: below 1 where it helps.</summary>
    public double Remaining => (1 - Alternative) / (1 - Present);
}

/// <summary>What came of checking an SAE against a model.</summary>
public sealed record SaeCheckResult
{
    /// <summary>Whether it fits.</summary>
    public required SaeVerdict Verdict { get; init; }

    /// <summary>Why not, most likely.</summary>
    public SaeMisfit Cause { get; init; }

    /// <summary>The verdict's reasons, a sentence each; none for a pair that fits.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>What was measured; null when it was not checked.</summary>
    public SaeFitNumbers? Measured { get; init; }

    /// <summary>What was expected.</summary>
    public SaeExpectation? Expected { get; init; }

    /// <summary>What was tried to find the cause, in the order in which it was tried.</summary>
    public IReadOnlyList<SaeAlternative> Tried { get; init; } = [];

    /// <summary>The verdict with its cause: <c>does not fit: wrong layer</c>.</summary>
    public string Headline => Words(Verdict.ToString()) + (Cause == SaeMisfit.None ? "" : ": " + (Cause is SaeMisfit.MissingBos ? "missing BOS" : Cause is SaeMisfit.UnwantedBos ? "unwanted BOS" : Words(Cause.ToString())));

    /// <summary>The numbers as a sentence; empty when it was not checked.</summary>
    public string Numbers => Measured is not { } m ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"explained variance {m.ExplainedVariance:F3}{Known(Expected?.ExplainedVariance, "F3")}, L0 {m.L0:F1}{Known(Expected?.L0, "F1")}{(m.CeLossScore is { } ce ? $", {100 * ce:F1} % of the loss recovered" : "")}, {100 * m.DeadShare:F0} % of the features silent on {m.Tokens} tokens");

    /// <summary>All of it in a few lines.</summary>
    public override string ToString() => string.Join('\n', ((string[])[Headline + (Measured is null ? "" : $" ({Numbers})"), .. Reasons]).Where(s => s.Length > 0));

    private static string Known(double? value, string format) => value is { } known ? $" (expected {known.ToString(format, CultureInfo.InvariantCulture)})" : "";

    // "DoesNotFit" as "does not fit".
    private static string Words(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString()));
}
