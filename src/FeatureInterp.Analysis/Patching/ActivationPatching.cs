using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// Activation patching: the model runs on a corrupted prompt, one piece of it is given the value it has on a clean prompt, and a metric says how much of the
/// clean answer that brings back. What comes back names where the difference between the prompts is carried. Definition: Meng et al. 2022 ("causal tracing"); TransformerLens's
/// <c>patching</c>, whose numbers these are.
/// </summary>
/// <remarks>
/// Both runs advance one block at a time, so that only one layer's clean values are held. A patch in a layer leaves everything before that layer as it was; its run begins with the corrupted
/// stream that enters the layer, and the patches of a layer run together as a batch. A prompt's numbers do not depend on the batch it is in.
/// </remarks>
public static class ActivationPatching
{
    /// <summary>Patches every layer, position or head in turn.</summary>
    /// <param name="model">The model.</param>
    /// <param name="clean">The prompts whose values are taken; texts or token ids.</param>
    /// <param name="corrupted">As many prompts, each of as many tokens as its clean one.</param>
    /// <param name="metric">What is measured; over several prompts, its mean.</param>
    /// <param name="site">What is patched: <c>ResidPre</c>, <c>ResidMid</c>, <c>ResidPost</c>, <c>AttnOut</c>, <c>MlpOut</c>, <c>Q</c>, <c>K</c>, <c>V</c>, <c>Z</c> or <c>Pattern</c>.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told the share of patches that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="AnalysisException">The prompts do not match, or an option or a token of the metric makes no sense.</exception>
    /// <exception cref="PromptException">A prompt is empty or too long.</exception>
    public static ActivationPatchingResult Run(
        Transformer model, Prompts clean, Prompts corrupted, Metric metric, HookSite site = HookSite.ResidPre,
        ActivationPatchingOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new ActivationPatchingOptions();
        options.Validate(model, site);
        model = Processed.Model(model, options.Processing);
        var axes = options.Axes ?? (PatchSites.HeadsAt(site, model.Config) > 0 ? PatchAxes.LayerHead : PatchAxes.LayerPosition);

        // What enters block 0, and the tokens.
        var (cleanStream, corruptedStream) = (PatchStream.Start(model, clean, cancellation), PatchStream.Start(model, corrupted, cancellation));
        Check(cleanStream.Tokens, corruptedStream.Tokens, axes);
        var measure = metric.Bind(model, corruptedStream.Tokens.Length);
        var grid = PatchGrid.Of(model, site, axes, options, corruptedStream.Tokens[0].Length);
        var runner = new PatchRunner(model, metric.Reads, measure, options.MaxBatchBytes, cancellation);
        var values = Tensor.Uninitialized(grid.Shape);
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            var row = grid.RowOf(layer);
            var kept = cleanStream.Advance(row is null ? null : new HookPoint(site, layer), cancellation);
            if (row is { } place)
                runner.Run(corruptedStream, new HookPoint(site, layer), kept!, grid.Patches, values.Row(place), done => progress?.Report((place + done) / grid.Layers.Count));
            corruptedStream.Advance(null, cancellation);
        }

        return new ActivationPatchingResult
        {
            Site = site,
            Axes = axes,
            Metric = metric.Name,
            Values = values,
            Layers = grid.Layers,
            Heads = grid.Heads,
            Positions = grid.Positions,
            TokenTexts = [.. grid.Positions.Select(p => TokenText.Of(model, corruptedStream.Tokens[0][p]))],
            CleanValue = runner.Plain(cleanStream),
            CorruptedValue = runner.Plain(corruptedStream),
            Provenance = Provenance.Of(model, [.. cleanStream.Tokens, .. corruptedStream.Tokens]),
        };
    }

    /// <summary>Whether the prompts match token for token.</summary>
    /// <exception cref="AnalysisException">They do not.</exception>
    internal static void Check(int[][] clean, int[][] corrupted, PatchAxes axes)
    {
        if (clean.Length != corrupted.Length)
            throw new AnalysisException($"{clean.Length} clean and {corrupted.Length} corrupted prompts were given; give as many of each.");
        for (var p = 0; p < clean.Length; p++)
        {
            if (clean[p].Length != corrupted[p].Length)
                throw new AnalysisException($"Prompt {p} is {clean[p].Length} tokens clean and {corrupted[p].Length} corrupted; patching needs as many of each, token for token.");
            if (axes != PatchAxes.LayerHead && clean[p].Length != clean[0].Length)
                throw new AnalysisException($"Prompt {p} has {clean[p].Length} tokens and prompt 0 has {clean[0].Length}; patches of one position need prompts of one length.");
        }
    }
}
