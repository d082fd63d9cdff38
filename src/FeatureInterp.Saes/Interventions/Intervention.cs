using System.Globalization;

namespace FeatureInterp.Saes;

/// <summary>How an <see cref="Intervention"/> changes a feature.</summary>
public enum InterventionKind
{
    /// <summary>x becomes x + amount · W_dec[f] at the hook the SAE writes: steering.</summary>
    Add,

    /// <summary>The feature becomes the amount, whatever it was; 0 removes it.</summary>
    Clamp,

    /// <summary>The feature is multiplied with the amount.</summary>
    Scale,
}

/// <summary>
/// A change to one feature of an SAE: what, how much and where. Every analysis, sweep and generation takes this object, so that a
/// strength means the same everywhere. <see cref="Interventions.Intervene"/> makes it runnable.
/// </summary>
public sealed record Intervention
{
    private Intervention(int feature, InterventionKind kind, double amount)
    {
        if (feature < 0)
            throw new SaeException($"An intervention names feature {feature}; features count from 0.");
        if (!double.IsFinite((float)amount))
            throw new SaeException(string.Create(CultureInfo.InvariantCulture, $"An intervention on feature {feature} has the amount {amount}; give a finite fp32 number."));
        (Feature, Kind, Amount) = (feature, kind, amount);
    }

    /// <summary>The feature, 0 to d_sae − 1.</summary>
    public int Feature { get; }

    /// <summary>How it is changed.</summary>
    public InterventionKind Kind { get; }

    /// <summary>How much, in the feature's own unit (a factor for <see cref="InterventionKind.Scale"/>).</summary>
    public double Amount { get; }

    /// <summary>Where in the text. Default: at every position.</summary>
    public InterventionPositions Positions { get; init; } = InterventionPositions.All;

    /// <summary>Whether it acts on the prompt. Default yes.</summary>
    public bool OnPrompt { get; init; } = true;

    /// <summary>Whether it acts on tokens that are generated, from the first one on. Default yes.</summary>
    public bool OnNewTokens { get; init; } = true;

    /// <summary>
    /// Whether the SAE stands in the model, and whether what it fails to reconstruct is added back. Default null: for
    /// <see cref="InterventionKind.Add"/> the SAE is not there at all, for the others it is, with the error term.
    /// </summary>
    public bool? ErrorTerm { get; init; }

    /// <summary>Steering: adds strength · max · W_dec[f] to what the SAE's hook holds; the SAE itself is not attached.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="strength">How many times its largest activation; negative to push the other way.</param>
    /// <param name="maxActivation">The feature's largest activation on some corpus.</param>
    /// <exception cref="SaeException">A negative feature, or a number that is not finite.</exception>
    public static Intervention Steer(int feature, double strength, double maxActivation) => Add(feature, strength * maxActivation);

    /// <summary>Adds amount · W_dec[f].</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="amount">The factor, in the unit of the feature's activation.</param>
    /// <exception cref="SaeException">A negative feature, or a number that is not finite.</exception>
    public static Intervention Add(int feature, double amount) => new(feature, InterventionKind.Add, amount);

    /// <summary>Sets a feature to a value wherever it acts, whether it fired or not.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="value">The activation it gets.</param>
    /// <exception cref="SaeException">A negative feature, or a number that is not finite.</exception>
    public static Intervention Clamp(int feature, double value) => new(feature, InterventionKind.Clamp, value);

    /// <summary>Sets a feature to zero: ablation.</summary>
    /// <param name="feature">The feature.</param>
    /// <exception cref="SaeException">A negative feature.</exception>
    public static Intervention Zero(int feature) => Clamp(feature, 0);

    /// <summary>Multiplies a feature's activation where it fires.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="factor">The factor.</param>
    /// <exception cref="SaeException">A negative feature, or a number that is not finite.</exception>
    public static Intervention Scale(int feature, double factor) => new(feature, InterventionKind.Scale, factor);

    /// <summary>Whether it acts at a position of a text whose prompt has so many tokens.</summary>
    /// <param name="position">The position, from 0.</param>
    /// <param name="promptLength">The number of tokens of the prompt.</param>
    public bool ActsAt(int position, int promptLength) =>
        (position < promptLength ? OnPrompt : OnNewTokens) && Positions.Covers(position, promptLength);

    /// <inheritdoc/>
    public override string ToString()
    {
        var what = Kind switch
        {
            InterventionKind.Add => $"add {Text(Amount)} · W_dec[{Feature}]",
            InterventionKind.Clamp => $"feature {Feature} = {Text(Amount)}",
            _ => $"feature {Feature} · {Text(Amount)}",
        };
        var sae = ErrorTerm switch { true => ", SAE with error term", false => ", SAE without error term", _ => "" };
        var when = (OnPrompt, OnNewTokens) switch { (true, false) => " of the prompt", (false, true) => " of new tokens", (false, false) => ", nowhere", _ => "" };
        return $"{what} at {Positions}{when}{sae}";
    }

    /// <summary>Whether the SAE stands in the model; see <see cref="ErrorTerm"/>.</summary>
    internal bool NeedsSae => Kind != InterventionKind.Add || ErrorTerm is not null;

    /// <summary>The first prompt position it changes; <c>^0</c> for none.</summary>
    internal Index FirstPosition => OnPrompt ? Positions.First : ^0;

    private static string Text(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
