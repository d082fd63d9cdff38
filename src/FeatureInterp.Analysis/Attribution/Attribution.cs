using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// Attribution: how much each feature adds to a metric, to first order: activation · d(metric)/d(activation), per position and summed over positions. Gradients are exact.
/// Definition: SAELens's attribution tutorial; the error of an SAE is a constant, and with several SAEs gradients go on upstream only through a later SAE's features.
/// With <see cref="AttributionOptions.Steps"/>, integrated gradients (Sundararajan et al. 2017): (f − baseline) · the mean gradient on the straight way from the
/// baseline to f, which sum up to the difference of the metric. What ablating a feature really does is <see cref="AttributionCheck"/>'s question.
/// </summary>
public static class Attribution
{
    /// <summary>Attributes a metric to the features of one SAE.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE: standard, JumpReLU, gated, TopK, or a transcoder.</param>
    /// <param name="prompt">One text, or one list of token ids.</param>
    /// <param name="metric">What is attributed.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block, forward and back.</param>
    /// <exception cref="SaeException">The SAE does not fit the model, or is of a kind that gradients do not go through.</exception>
    /// <exception cref="PromptException">The prompt is empty or too long, or the metric does not fit it.</exception>
    /// <exception cref="AnalysisException">An option makes no sense, or the prompts are several.</exception>
    public static AttributionResult Run(
        Transformer model, SparseAutoencoder sae, Prompts prompt, LogitMetric metric, AttributionOptions? options = null, CancellationToken cancellation = default) =>
        Run(model, [sae], prompt, metric, options, cancellation);

    /// <summary>Attributes logit(answer) − logit(other) after the prompt's last token to the features of one SAE.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompt">One text, or one list of token ids.</param>
    /// <param name="answer">The token that counts up.</param>
    /// <param name="other">The token that counts down; null for the logit of the answer alone.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block, forward and back.</param>
    /// <exception cref="SaeException">The SAE does not fit the model, or is of a kind that gradients do not go through.</exception>
    /// <exception cref="PromptException">The prompt is empty or too long.</exception>
    /// <exception cref="AnalysisException">An option makes no sense, a token is none of the model's, or the prompts are several.</exception>
    public static AttributionResult Run(
        Transformer model, SparseAutoencoder sae, Prompts prompt, TokenChoice answer, TokenChoice? other = null, AttributionOptions? options = null,
        CancellationToken cancellation = default) =>
        Run(model, [sae], prompt, AttributionMetrics.Of(model, answer, other), options, cancellation);

    /// <summary>Attributes a metric to the features of several SAEs that stand in the model together.</summary>
    /// <param name="model">The model.</param>
    /// <param name="saes">The SAEs, at most one for a hook.</param>
    /// <param name="prompt">One text, or one list of token ids.</param>
    /// <param name="metric">What is attributed.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block, forward and back.</param>
    /// <exception cref="SaeException">An SAE does not fit the model, or is of a kind that gradients do not go through.</exception>
    /// <exception cref="PromptException">The prompt is empty or too long, or the metric does not fit it.</exception>
    /// <exception cref="AnalysisException">An option makes no sense, there is no SAE or two at one hook, or the prompts are several.</exception>
    public static AttributionResult Run(
        Transformer model, IReadOnlyList<SparseAutoencoder> saes, Prompts prompt, LogitMetric metric, AttributionOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new AttributionOptions();
        options.Validate(saes.Count);
        var gradients = saes.Select(sae => new SaeGradient(sae.For(model), options.ErrorTerm)).ToArray();
        if (gradients.Length == 0)
            throw new AnalysisException("There is no SAE to attribute to; give at least one.");
        if (gradients.GroupBy(g => g.Edits[^1].Hook, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new AnalysisException($"{string.Join(" and ", twice.Select(g => g.Sae.Name))} all stand at {twice.Key}; give at most one for a hook.");
        var tokens = One(model, prompt, cancellation);
        var found = model.Gradient((int[][])[tokens], metric, edit: [.. gradients.SelectMany(g => g.Edits)], cancellation: cancellation);
        SaeAttribution[] attributions;
        double? baseline = null;
        if (options.Steps is { } steps)
        {
            var way = new SaePath([], options.Baseline).Way(gradients[0].Features);
            (var mean, baseline) = IntegratedGradients.Along(model, saes[0], tokens, metric, options, steps, cancellation);
            attributions = [AttributionSums.Of(model, gradients[0], tokens, way, mean, options.ErrorTerm)];
        }
        else
        {
            attributions = [.. gradients.Select(g => AttributionSums.Of(model, g, tokens, g.Features, g.DecoderGradient, options.ErrorTerm))];
        }

        return new AttributionResult
        {
            Tokens = tokens,
            TokenTexts = [.. tokens.Select(t => TokenText.Of(model, t))],
            Metric = metric,
            Value = found.Values[0],
            BaselineValue = baseline,
            Options = options,
            Saes = attributions,
        };
    }

    private static int[] One(Transformer model, Prompts prompt, CancellationToken cancellation)
    {
        // A run of no block only reads the tokens.
        var batch = model.Run(prompt, stopAtLayer: 0, cancellation: cancellation).Batch;
        return batch.Count == 1
            ? batch[0].ToArray()
            : throw new AnalysisException($"An attribution explains one prompt, but {batch.Count} were given; make one of each.");
    }
}
