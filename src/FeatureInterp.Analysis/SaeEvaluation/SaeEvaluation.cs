using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// How well an SAE stands in for what it encodes: what the model loses with it, how much of the variance it explains, with how many
/// features, and which of them never or nearly always fire. Equal to SAELens's evals on the same tokens.
/// </summary>
public static class SaeEvaluation
{
    /// <summary>Runs every row three times from the SAE's layer on: the model alone, with the SAE, with zeros in its place.</summary>
    /// <param name="model">The model, as published: SAEs are trained without weight processing.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="rows">A text, or rows of token ids; see also <see cref="TokenRows.FromFile"/>.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told after every batch how far it is and how long it will take.</param>
    /// <param name="cancellation">Looked at before each block; with a state file, nothing that was finished is lost.</param>
    /// <exception cref="SaeException">The SAE does not fit, an option makes no sense, or there is too little text.</exception>
    /// <exception cref="PromptException">A row is too short or too long, or holds a token the model does not have.</exception>
    public static SaeEvaluationResult Run(
        Transformer model,
        SparseAutoencoder sae,
        TokenRows rows,
        SaeEvaluationOptions? options = null,
        IProgress<SaeEvaluationProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new SaeEvaluationOptions();
        var metrics = SaeEvaluator.Run(model, sae, rows, options, progress, cancellation);
        return new SaeEvaluationResult
        {
            Metrics = metrics,
            Options = options,
            Text = rows.Name,
            Provenance = Provenance.Of(model, sae, [.. rows.First(model, sae, options)]),
        };
    }
}
