using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// The steering sweep: what becomes of a text when a feature's direction is added to the residual stream, x + strength · max · W_dec[f], at several strengths. Every text is made from
/// the same prompt with the same random numbers, and its tokens are scored by the unsteered model, so that one sees where steering changes the text and where it destroys it.
/// The SAE itself is not attached. Definition: the steering cells of SAELens's tutorial.
/// </summary>
public static class SteeringSweep
{
    /// <summary>One prompt and one feature; see <see cref="Run(Transformer, SparseAutoencoder, IReadOnlyList{string}, IReadOnlyList{int}, IReadOnlyList{double}, SteeringOptions?, SteeringResult?, IProgress{SteeringProgress}?, CancellationToken)"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="feature">The feature.</param>
    /// <param name="strengths">The strengths.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    public static SteeringResult Run(Transformer model, SparseAutoencoder sae, string prompt, int feature, IReadOnlyList<double> strengths, SteeringOptions? options = null) =>
        Run(model, sae, [prompt], [feature], strengths, options);

    /// <summary>Every strength of every feature on every prompt, and each prompt's unsteered text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompts">The prompts; the beginning-of-sequence token is put in front where the model wants it.</param>
    /// <param name="features">The features.</param>
    /// <param name="strengths">The strengths; each once, and 0 is always there as the unsteered text.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="resume">An earlier result, perhaps of a cancelled run: its complete texts are taken over where they belong to this sweep.</param>
    /// <param name="progress">Told after each token how far it is.</param>
    /// <param name="cancellation">Ends the work before the next block; the result then holds what was made and says that it is not complete.</param>
    /// <exception cref="AnalysisException">No or unknown features, strengths that are no numbers, a feature whose largest activation is 0 or not known, a prompt that fills the context, an option that makes no sense, or a state file that is damaged or of another sweep.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">A prompt is empty or too long.</exception>
    public static SteeringResult Run(
        Transformer model, SparseAutoencoder sae, IReadOnlyList<string> prompts, IReadOnlyList<int> features, IReadOnlyList<double> strengths,
        SteeringOptions? options = null, SteeringResult? resume = null, IProgress<SteeringProgress>? progress = null, CancellationToken cancellation = default)
    {
        var tokenizer = model.RequireTokenizer();
        return Run(model, sae, [.. prompts.Select(p => tokenizer.ToTokens(p, model.PrependsBos))], features, strengths, options, resume, progress, cancellation);
    }

    /// <summary>As above, of prompts that are token ids already, taken as they are.</summary>
    /// <inheritdoc cref="Run(Transformer, SparseAutoencoder, IReadOnlyList{string}, IReadOnlyList{int}, IReadOnlyList{double}, SteeringOptions?, SteeringResult?, IProgress{SteeringProgress}?, CancellationToken)"/>
    public static SteeringResult Run(
        Transformer model, SparseAutoencoder sae, IReadOnlyList<int[]> prompts, IReadOnlyList<int> features, IReadOnlyList<double> strengths,
        SteeringOptions? options = null, SteeringResult? resume = null, IProgress<SteeringProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new SteeringOptions();
        options.Validate();
        sae.For(model);
        SteeringChecks.Features(sae, features);
        SteeringChecks.Strengths(strengths);
        if (prompts.Count == 0)
            throw new AnalysisException("There is no prompt; give at least one.");
        for (var p = 0; p < prompts.Count; p++)
            SteeringChecks.Room(model, p, prompts[p].Length);

        int[] distinct = [.. features.Distinct()];
        var maxima = options.Unit == SteeringUnit.DecoderNorm ? null
            : options.MaxActivations ?? MaxActivation.Over(model, sae, prompts.ToArray(), distinct, cancellation: cancellation);
        double[] levels = [.. strengths.Distinct().Where(s => s != 0).Order()];
        var amounts = distinct.ToDictionary(f => f, f => maxima is null ? 1 / Norm(sae.Direction(f), f) : SteeringChecks.Maximum(maxima, f, options.MaxActivations is null));
        var provenance = Provenance.Of(model, sae, prompts, options.Samplings.FirstOrDefault(s => s.Temperature > 0)?.Seed);
        var earlier = resume is not null && resume.Matches(provenance, options, amounts) ? resume : null;
        var (state, file) = SteeringState.Begin(model, sae, prompts, distinct, levels, amounts, options);
        var maker = new SteeringTexts(model, sae, options, amounts, made =>
        {
            state.Texts.AddRange(made);
            if (options.StateFile is { } path)
                file.SaveNowAndThen(path, state);
        });
        var counter = new SteeringCounter(progress, (long)prompts.Count * options.Samplings.Count * (1 + distinct.Length * levels.Length) * options.NewTokens, options.NewTokens);
        var texts = new List<SteeredText>();
        SteeredText[] kept = [.. state.Texts];
        for (var p = 0; p < prompts.Count; p++)
            texts.AddRange(maker.Make(p, prompts[p], distinct, levels, [.. earlier?.Of(prompts[p]) ?? [], .. kept.Where(t => t.Prompt == p)], counter, cancellation));
        if (options.StateFile is { } last && state.Texts.Count > 0)
            file.Save(last, state);
        return new SteeringResult
        {
            Prompts = prompts,
            PromptTexts = [.. prompts.Select(p => string.Concat(p.Select(t => TokenText.Of(model, t))))],
            Features = distinct,
            Strengths = levels,
            Options = options,
            Amounts = amounts,
            Texts = texts,
            IsComplete = texts.Count == prompts.Count * options.Samplings.Count * (1 + distinct.Length * levels.Length) && texts.TrueForAll(t => t.IsComplete),
            Provenance = provenance,
        };
    }

    private static double Norm(float[] direction, int feature)
    {
        var norm = Math.Sqrt(direction.Sum(v => (double)v * v));
        return norm > 0 ? norm : throw new AnalysisException($"The direction of feature {feature} is all zeros, so it cannot steer; take another feature.");
    }
}
