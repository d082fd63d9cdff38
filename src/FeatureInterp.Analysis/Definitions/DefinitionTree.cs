using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>How far a tree has grown.</summary>
/// <param name="Nodes">Nodes found.</param>
/// <param name="Waiting">Leaves that may still grow.</param>
/// <param name="Next">The largest cumulative probability among them: the tree is done when it falls under the cutoff.</param>
public sealed record DefinitionTreeProgress(int Nodes, int Waiting, double Next);

/// <summary>
/// What a model would write as the definition of a feature: the feature as a ghost token in the prompt, and after it every continuation that is likely enough, as a
/// tree. The placeholder's logit counts as −∞; children are the most probable tokens; a child whose cumulative probability is below the cutoff is dropped; the end of
/// sequence does not stop a branch. Definition: the SAE feature multitool for Gemma-2B (M. Watkins, 2024), which ran the whole prompt anew for each node.
/// </summary>
public static class DefinitionTree
{
    /// <summary>Grows the tree of a feature.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="feature">The feature.</param>
    /// <param name="options">The choices; the multitool's if left out.</param>
    /// <param name="progress">Told after each batch of leaves.</param>
    /// <param name="cancellation">Ends the growth; the tree so far is given back.</param>
    /// <exception cref="AnalysisException">There is no such feature, an option makes no sense, or the prompt has no place for the ghost.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    public static DefinitionTreeResult Run(
        Transformer model, SparseAutoencoder sae, int feature, DefinitionTreeOptions? options = null, IProgress<DefinitionTreeProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new DefinitionTreeOptions();
        options.Validate();
        if (options.Interventions.Count > 0 && sae.Splice().ReadsEarlierTokens)
            throw new AnalysisException($"{sae.Name} looks at earlier tokens, so its features cannot be changed while a tree grows; leave Interventions out.");
        var ghost = GhostToken.Of(model, sae, feature, options.Ghost);
        var onPrompt = sae.Intervene(options.Interventions);
        // Behind a cache a run takes its tokens for a prompt.
        var onTree = sae.Intervene([.. options.Interventions.Select(i => i with { OnPrompt = i.OnNewTokens })]);
        return Grow(model, ghost, options, onPrompt, onTree, prompt => Provenance.Of(model, sae, [prompt]), progress, cancellation);
    }

    /// <summary>Grows the tree of a ghost made beforehand.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ghost">The ghost: <see cref="GhostToken.OfToken"/> for a word's own definition.</param>
    /// <param name="options">The choices, without interventions; the multitool's if left out.</param>
    /// <param name="progress">Told after each batch of leaves.</param>
    /// <param name="cancellation">Ends the growth; the tree so far is given back.</param>
    /// <exception cref="AnalysisException">An option makes no sense, the ghost is of another model, or the prompt has no place for it.</exception>
    public static DefinitionTreeResult Run(
        Transformer model, GhostToken ghost, DefinitionTreeOptions? options = null, IProgress<DefinitionTreeProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new DefinitionTreeOptions();
        options.Validate();
        if (options.Interventions.Count > 0)
            throw new AnalysisException("Interventions change features of an SAE, but a ghost was given without one; give the SAE and the feature instead.");
        return Grow(model, ghost, options, Branch.Clean, Branch.Clean, prompt => Provenance.Of(model, [prompt]), progress, cancellation);
    }

    private static DefinitionTreeResult Grow(
        Transformer model,
        GhostToken ghost,
        DefinitionTreeOptions options,
        Branch onPrompt,
        Branch onTree,
        Func<int[], Provenance> provenance,
        IProgress<DefinitionTreeProgress>? progress,
        CancellationToken cancellation)
    {
        if (ghost.Row.Count != model.Config.DModel)
            throw new AnalysisException($"The ghost has {ghost.Row.Count} values, but an embedding of {model.Name} has {model.Config.DModel}; make it for this model.");
        var prompt = GhostPrompt.Of(model, options);
        // The deepest tokens are not run themselves.
        var maxDepth = Math.Min(options.MaxDepth, model.Config.ContextLength - prompt.Tokens.Length + 1);
        var growth = new TreeGrowth(options, prompt.Placeholder, maxDepth);
        var end = DefinitionTreeEnd.Complete;
        try
        {
            var cache = new KvCache(model.Config, 1);
            Edit[] edits = [model.Embedding.Put(ghost.ToSingle(), prompt.Positions), .. onPrompt.Edits];
            var first = model.Run(prompt.Tokens, edit: edits, splice: onPrompt.Splices, cache: cache, logits: LogitsAt.Last, cancellation: cancellation);
            growth.Begin(first.LastLogits().Span, cache);
            do
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report(new DefinitionTreeProgress(growth.Count, growth.Waiting, growth.Next));
            }
            while (growth.Step((tokens, behind) => model.Run(
                tokens, edit: onTree.Edits, splice: onTree.Splices, cache: behind, logits: LogitsAt.Last, cancellation: cancellation)));
            if (growth.IsFull)
                end = DefinitionTreeEnd.TooManyNodes;
        }
        catch (OperationCanceledException)
        {
            end = DefinitionTreeEnd.Cancelled;
        }

        return new DefinitionTreeResult
        {
            Ghost = ghost,
            Root = growth.Finish(model),
            PromptTokens = prompt.Tokens,
            PromptTexts = FeatureMap.Texts(model, prompt.Tokens),
            GhostPositions = prompt.Positions,
            Options = options with { MaxDepth = maxDepth, Placeholder = prompt.Placeholder },
            End = end,
            Provenance = provenance(prompt.Tokens),
        };
    }
}
