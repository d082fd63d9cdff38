using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// Attribution patching: what <see cref="ActivationPatching"/> would give, to first order, from two runs and one gradient instead of a run for each patch:
/// metric of the corrupted run + Σ over the piece of (clean value − corrupted value) · d(metric)/d(value), the gradient taken at the corrupted run.
/// Definition: Nanda 2023, "Attribution patching". Good where a piece is small against what the model adds up, poor for whole residual streams and
/// where attention or a norm saturates: compare with <see cref="AttributionPatchingResult.Against"/>.
/// </summary>
public static class AttributionPatching
{
    /// <summary>Estimates every patch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="clean">The prompts whose values are taken; texts or token ids.</param>
    /// <param name="corrupted">As many prompts, each of as many tokens as its clean one.</param>
    /// <param name="metric">What is measured; over several prompts, its mean.</param>
    /// <param name="site">What is patched, as in <see cref="ActivationPatching"/>.</param>
    /// <param name="options">The choices of activation patching; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="AnalysisException">The prompts do not match, or an option makes no sense.</exception>
    /// <exception cref="PromptException">A prompt is empty or too long, the metric does not fit, or memory will not hold the layers' values.</exception>
    public static AttributionPatchingResult Run(
        Transformer model, Prompts clean, Prompts corrupted, LogitMetric metric, HookSite site = HookSite.ResidPre,
        ActivationPatchingOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new ActivationPatchingOptions();
        options.Validate(model, site);
        model = Processed.Model(model, options.Processing);
        var axes = options.Axes ?? (PatchSites.HeadsAt(site, model.Config) > 0 ? PatchAxes.LayerHead : PatchAxes.LayerPosition);
        var (cleanTokens, corruptedTokens) = (PatchStream.Start(model, clean, cancellation).Tokens, PatchStream.Start(model, corrupted, cancellation).Tokens);
        ActivationPatching.Check(cleanTokens, corruptedTokens, axes);
        var grid = PatchGrid.Of(model, site, axes, options, corruptedTokens[0].Length);
        var at = new HookSelection([.. grid.Layers.Select(l => new HookPoint(site, l).ToString())]);
        var wanted = model.Run(cleanTokens, capture: at, logits: metric.Reads, cancellation: cancellation);
        var found = model.Gradient(corruptedTokens, metric, at: at, cancellation: cancellation);
        var before = found.Values.Average();
        var values = Tensor.Uninitialized(grid.Shape);
        for (var row = 0; row < grid.Layers.Count; row++)
        {
            var point = new HookPoint(site, grid.Layers[row]);
            var products = Enumerable.Range(0, corruptedTokens.Length)
                .Select(p => Products(wanted.Activations[point][p], found.Activations[point][p], found.Gradients[point][p])).ToArray();
            for (var i = 0; i < grid.Patches.Count; i++)
                values.Span[row * grid.Patches.Count + i] = (float)(before + products.Average(p => grid.Patches[i].Sum(p, site == HookSite.Pattern)));
        }

        return new AttributionPatchingResult(new ActivationPatchingResult
        {
            Site = site,
            Axes = axes,
            Metric = metric.Name,
            Values = values,
            Layers = grid.Layers,
            Heads = grid.Heads,
            Positions = grid.Positions,
            TokenTexts = [.. grid.Positions.Select(p => TokenText.Of(model, corruptedTokens[0][p]))],
            CleanValue = Enumerable.Range(0, cleanTokens.Length).Average(p => AttributionMetrics.Value(metric, wanted.Logits[p], cleanTokens[p], p)),
            CorruptedValue = before,
            Provenance = Provenance.Of(model, [.. cleanTokens, .. corruptedTokens]),
        });
    }

    // (clean − corrupted) · gradient, value by value.
    private static Tensor Products(Tensor clean, Tensor corrupted, Tensor gradient)
    {
        var products = Tensor.Uninitialized(clean.Shape);
        TensorPrimitives.Subtract(clean.Span, corrupted.Span, products.Span);
        TensorPrimitives.Multiply(products.Span, gradient.Span, products.Span);
        return products;
    }
}
