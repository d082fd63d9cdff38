using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// Where in a corpus features are strongest, and how often they fire: one pass over rows of tokens that runs the model only up to the SAE's layer and keeps, of
/// each feature, the k largest activations with the text around them, the number of tokens it fired on, and a histogram.
/// </summary>
public static class TopActivations
{
    // What the kept examples may take.
    private const long LargestTable = 4L << 30;

    /// <summary>Makes the pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="corpus">The text or the rows of tokens; <see cref="TokenRows.FromFile"/> reads a file. The last row of a text is as long as what is left.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told how far the pass is, at most ten times a second.</param>
    /// <param name="cancellation">Looked at before each batch and each block; the state file, if one is named, then holds every batch that was finished.</param>
    /// <exception cref="SaeException">The SAE does not fit the model, a row of a text is too short, or a text file is not there.</exception>
    /// <exception cref="PromptException">A row is empty, too long, or has a token outside the vocabulary.</exception>
    /// <exception cref="AnalysisException">
    /// An option makes no sense, there is no such feature, the examples would take more than 4 GiB, the corpus has no text, an activation is not finite, or a state file is damaged or
    /// of another pass.
    /// </exception>
    public static TopActivationsResult Run(
        Transformer model,
        SparseAutoencoder sae,
        TokenRows corpus,
        TopActivationsOptions? options = null,
        IProgress<CorpusProgress>? progress = null,
        CancellationToken cancellation = default) => Run(model, sae, corpus, options ?? new(), progress, TimeProvider.System, cancellation);

    internal static TopActivationsResult Run(
        Transformer model, SparseAutoencoder sae, TokenRows corpus, TopActivationsOptions options, IProgress<CorpusProgress>? progress, TimeProvider clock, CancellationToken cancellation)
    {
        options.Validate(model);
        sae.For(model);
        var chosen = options.Features is { } asked ? FeatureChoice.Check(asked, sae) : null;
        var features = chosen?.Length ?? sae.Config.DSae;
        if (ExampleTable.Bytes(features, options) > LargestTable)
            throw new AnalysisException($"{options.Examples} examples of each of {features} features with the text around them would take more than 4 GiB; choose features, or keep fewer or shorter examples.");

        var pass = new ActivationPass(model, features, options);
        var keeper = options.StateFile is null ? null : new ActivationState(options, ActivationState.Subject(model, sae, corpus, options), corpus.Name, isComplete => pass.Result(chosen, sae, isComplete));
        if (options.Resume && keeper!.Load(features, model.Config.VocabSize) is { } earlier)
            pass.Restore(earlier);
        var meter = new CorpusMeter(progress, clock);
        var rows = corpus.Rows(model, options.RowLength ?? Math.Min(256, model.Config.ContextLength), share => meter.Read = share);
        meter.RowsTotal = rows.TryGetNonEnumeratedCount(out var count) ? count : null;
        try
        {
            foreach (var batch in Batches(rows, options.BatchTokens))
            {
                cancellation.ThrowIfCancellationRequested();
                if (keeper?.IsDone(batch) == true)
                {
                    Array.ForEach(batch, pass.Skip);
                    meter.Skip(batch.Length);
                    continue;
                }

                var inputs = SaeInputs.Read(model, sae, batch, cancellation);
                // All or nothing of a batch, so that a pass that is stopped is stopped between two.
                var fired = Array.ConvertAll(inputs, x => chosen is null ? FiredRow.Of(sae.Encode(x, cancellation)) : FiredRow.Of(sae.EncodeFeatures(x, chosen)));
                for (var r = 0; r < batch.Length; r++)
                    pass.Add(batch[r], fired[r]);
                meter.Add(batch.Length, batch.Sum(row => (long)row.Length));
                keeper?.Done(batch);
            }
        }
        catch (OperationCanceledException) when (keeper is not null)
        {
            keeper.Stop();
            throw;
        }

        keeper?.Finish();
        meter.Finish();
        if (pass.Rows == 0)
            throw new AnalysisException("The corpus has no text; give at least one row.");
        return pass.Result(chosen, sae, isComplete: true);
    }

    /// <summary>Rows run together: added until there are so many tokens.</summary>
    internal static IEnumerable<int[][]> Batches(IEnumerable<int[]> rows, int tokens)
    {
        List<int[]> batch = [];
        var sum = 0L;
        foreach (var row in rows)
        {
            batch.Add(row);
            sum += row.Length;
            if (sum < tokens)
                continue;
            yield return [.. batch];
            batch.Clear();
            sum = 0;
        }

        if (batch.Count > 0)
            yield return [.. batch];
    }
}
