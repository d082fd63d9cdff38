using System.Runtime.CompilerServices;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Whether an SAE belongs in a model, tried out rather than believed: a few hundred tokens of several kinds of text are run up to its
/// hook, and what it makes of them is compared with what is known of it, and with what it would make of other layers, other sizes,
/// other activation functions. An SAE out of its place gives numbers for everything; only this shows that they mean nothing.
/// </summary>
public static class SaeCheck
{
    private static readonly ConditionalWeakTable<SparseAutoencoder, ConditionalWeakTable<Transformer, Pair>> Pairs = [];

    /// <summary>Checks an SAE against a model.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="model">The model, with the weight processing it will be run with.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at between trials and before each block.</param>
    /// <returns>The verdict, the most likely cause if it does not fit, and all numbers behind it.</returns>
    /// <exception cref="PromptException">Token ids were given that the model cannot run.</exception>
    public static SaeCheckResult CheckAgainst(this SparseAutoencoder sae, Transformer model, SaeCheckOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SaeCheckOptions();
        try
        {
            sae.For(model);
        }
        catch (SaeException e)
        {
            return Impossible(sae, model, e);
        }

        if (CheckTokens.Of(model, options, out var whyNot) is not { } tokens)
            return NotChecked(whyNot);
        if (tokens.Texts.Length == 0 || tokens.Texts.Min(t => t.Length - tokens.Skip) < 2)
            return NotChecked("The texts are too short to try it on; each needs four tokens.");

        var here = FitProbe.Run(model, sae.Config, tokens, [0], cancellation)[0];
        var measured = here.Measure(sae);
        if (!double.IsFinite(measured.ExplainedVariance))
        {
            return new SaeCheckResult
            {
                Verdict = SaeVerdict.DoesNotFit,
                Cause = SaeMisfit.DamagedWeights,
                Reasons = [$"What {sae.Name} makes of {model.Name} is not finite: the weights of one of them hold NaN or infinite values; fetch the files again."],
                Measured = measured,
            };
        }

        if (options.MeasureLoss ?? !CheckTokens.IsLarge(model))
            measured = measured with { CeLossScore = LossScore(sae, model, tokens, cancellation) };
        var expected = options.Expected ?? KnownFigures.Of(sae);
        var trials = new CheckTrials(model, sae, tokens, here, cancellation);
        trials.Quick();
        if (CheckJudge.Bands(measured, expected, sae.Config).Verdict != SaeVerdict.Fits || CheckJudge.IsSuspicious(trials.Tried))
            trials.Thorough(expected?.L0);
        return CheckJudge.Judge(sae, model.Name, IsOtherName(sae, model), measured, expected, trials.Tried);
    }

    /// <summary>The check of a pair with its defaults, made when first asked for and kept as long as both live.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="model">The model.</param>
    /// <param name="prependBos">Whether the prompts in question begin with the beginning-of-sequence token; null for as the model's prompts do.</param>
    public static SaeCheckResult Once(SparseAutoencoder sae, Transformer model, bool? prependBos = null)
    {
        var pair = Of(sae, model);
        lock (pair)
        {
            if (pair.Skipped)
                return NotChecked("The check was turned off for this pair.");
            var bos = prependBos ?? model.PrependsBos;
            return (bos ? ref pair.WithBos : ref pair.WithoutBos) ??= Try(sae, model, bos);
        }
    }

    /// <summary>Turns the check of a pair off: <see cref="Once"/> then gives <see cref="SaeVerdict.NotChecked"/>.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="model">The model.</param>
    public static void Skip(SparseAutoencoder sae, Transformer model)
    {
        var pair = Of(sae, model);
        lock (pair)
            pair.Skipped = true;
    }

    // What only goes along with an analysis must not stop it.
    private static SaeCheckResult Try(SparseAutoencoder sae, Transformer model, bool bos)
    {
        try
        {
            return sae.CheckAgainst(model, new SaeCheckOptions { PrependBos = bos });
        }
        catch (Exception e) when (e is PromptException or SaeException or HookException)
        {
            return NotChecked(e.Message);
        }
    }

    private static Pair Of(SparseAutoencoder sae, Transformer model) => Pairs.GetOrCreateValue(sae).GetOrCreateValue(model);

    private static SaeCheckResult NotChecked(string why) => new() { Verdict = SaeVerdict.NotChecked, Reasons = [why] };

    // Not even the shapes are right: a hook of a deeper model, or another width.
    private static SaeCheckResult Impossible(SparseAutoencoder sae, Transformer model, SaeException e) => new()
    {
        Verdict = SaeVerdict.DoesNotFit,
        Cause = sae.Config.HookIn is { } hook && model.HookPoints.Any(p => p.Site == hook.Site && model.WidthOf(p) == sae.Config.DIn) ? SaeMisfit.WrongLayer : SaeMisfit.OtherModel,
        Reasons = [e.Message],
    };

    private static double LossScore(SparseAutoencoder sae, Transformer model, CheckTokens tokens, CancellationToken cancellation)
    {
        var rows = tokens.First(2 * CheckTokens.Early).Texts.Where(t => t.Length >= 2).ToArray();
        if (rows.Length == 0)
            return double.NaN;
        var options = new SaeEvaluationOptions { BatchRows = rows.Length, WeightMetrics = false, ExcludedTokens = tokens.BeginWithBos ? [tokens.Bos!.Value] : [] };
        return SaeEvaluator.Run(model, sae, rows, options, cancellation: cancellation).CeLossScore;
    }

    private static bool IsOtherName(SparseAutoencoder sae, Transformer model) =>
        sae.Config.ModelName is { } name && !string.Equals(Path.GetFileName(name), model.Name, StringComparison.OrdinalIgnoreCase);

    private sealed class Pair
    {
        public SaeCheckResult? WithBos;
        public SaeCheckResult? WithoutBos;
        public bool Skipped;
    }
}
