using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// What features draw together: over the tokens where any feature of a set fires, the part of the reconstruction that is theirs, v = Σ a_f·W_dec[f] (without
/// b_dec), and its principal components. If the features are points of one shape, such as the days of a week on a circle, a plot of two components shows it
/// (Engels and others, "Not All Language Model Features Are Linear", 2024). Several sets, a random one for comparison among them, share one pass over the
/// corpus, which runs the model only up to the SAE's layer and encodes only the features of the sets.
/// </summary>
public static class Cooccurrence
{
    private static readonly TimeSpan BetweenSaves = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Makes the pass. A token counts for a set where any of its features is not 0, of either sign. The components are those of scikit-learn's PCA with an exact
    /// solver: centred, n − 1 in the denominator, the entry of largest magnitude of each component positive.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="corpus">The text or the rows of tokens.</param>
    /// <param name="sets">Sets of features by name, each of 1 to 256 features; a feature may be in several sets.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told how far the pass is, at most ten times a second.</param>
    /// <param name="cancellation">Looked at before each batch and each block; the state file, if one is named, then holds every batch that was finished.</param>
    /// <exception cref="SaeException">The SAE does not fit the model, a row of a text is too short, or a text file is not there.</exception>
    /// <exception cref="PromptException">A row is empty, too long, or has a token outside the vocabulary.</exception>
    /// <exception cref="AnalysisException">
    /// An option makes no sense, there is no set or no such feature, the corpus has no text, an activation is not finite, or a state file is damaged or of another pass.
    /// </exception>
    public static CooccurrenceResult Run(
        Transformer model,
        SparseAutoencoder sae,
        TokenRows corpus,
        IReadOnlyDictionary<string, int[]> sets,
        CooccurrenceOptions? options = null,
        IProgress<CorpusProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new CooccurrenceOptions();
        options.Validate(model);
        sae.For(model);
        var pass = new CooccurrencePass(model, sae, sets, options);
        var empty = pass.Begin(options.StateFile is null ? "" : Subject(model, sae, corpus, sets, options));
        var state = (options.Resume ? CooccurrenceState.Load(options.StateFile!, empty, model.Config.VocabSize) : null) ?? empty;

        var meter = new CorpusMeter(progress, TimeProvider.System);
        var rows = corpus.Rows(model, options.RowLength ?? Math.Min(256, model.Config.ContextLength), share => meter.Read = share);
        meter.RowsTotal = rows.TryGetNonEnumeratedCount(out var count) ? count : null;
        var sinceSave = Stopwatch.StartNew();
        var toSkip = state.Rows;
        var hash = "";
        try
        {
            foreach (var batch in TopActivations.Batches(rows, options.BatchTokens))
            {
                cancellation.ThrowIfCancellationRequested();
                if (options.StateFile is not null)
                    hash = batch.Aggregate(hash, CooccurrenceState.Hash);
                if (toSkip > 0)
                {
                    // States are saved between batches, and batches are made alike every time.
                    toSkip -= batch.Length;
                    if (toSkip < 0 || (toSkip == 0 && hash != state.RowsHash))
                        throw OtherRows(options, corpus);
                    meter.Skip(batch.Length);
                    continue;
                }

                var acts = Encode(sae, SaeInputs.Read(model, sae, batch, cancellation), pass.Features);
                for (var r = 0; r < batch.Length; r++)
                    pass.Add(batch[r], acts[r], state);
                state.RowsHash = hash;
                meter.Add(batch.Length, batch.Sum(row => (long)row.Length));
                if (options.StateFile is { } file && sinceSave.Elapsed >= BetweenSaves)
                {
                    state.Save(file);
                    sinceSave.Restart();
                }
            }
        }
        catch (OperationCanceledException) when (options.StateFile is not null && state.Rows > 0)
        {
            state.Save(options.StateFile);
            throw;
        }

        if (toSkip > 0)
            throw OtherRows(options, corpus);
        meter.Finish();
        if (state.Rows == 0)
            throw new AnalysisException("The corpus has no text; give at least one row.");
        if (options.StateFile is { } last)
            state.Save(last);
        return pass.Result(state);
    }

    /// <summary>What a pass that was stopped had gathered by then, as its state file holds it; <see cref="CooccurrenceResult.IsComplete"/> is false.</summary>
    /// <param name="model">The model of the pass.</param>
    /// <param name="sae">Its SAE.</param>
    /// <param name="corpus">Its text or rows; only its name is looked at.</param>
    /// <param name="sets">Its sets.</param>
    /// <param name="options">Its choices, <see cref="CooccurrenceOptions.StateFile"/> among them.</param>
    /// <exception cref="AnalysisException">No state file is named or there is none, it is damaged, or of another pass.</exception>
    public static CooccurrenceResult Stopped(Transformer model, SparseAutoencoder sae, TokenRows corpus, IReadOnlyDictionary<string, int[]> sets, CooccurrenceOptions options)
    {
        options.Validate(model);
        if (options.StateFile is not { } file)
            throw new AnalysisException("A stopped pass is read from its state file; name it in the option StateFile.");
        var pass = new CooccurrencePass(model, sae, sets, options);
        var state = CooccurrenceState.Load(file, pass.Begin(Subject(model, sae, corpus, sets, options)), model.Config.VocabSize)
            ?? throw new AnalysisException($"{file}: there is no such state; a pass writes it when it is stopped.");
        return pass.Result(state) with { IsComplete = false };
    }

    // For each row [pos, feature]. A handful of features is too little work to share out within a row.
    private static Tensor[] Encode(SparseAutoencoder sae, Tensor[] inputs, int[] features)
    {
        var acts = new Tensor[inputs.Length];
        Workers.Run(inputs.Length, r => acts[r] = sae.EncodeFeatures(inputs[r], features));
        return acts;
    }

    private static AnalysisException OtherRows(CooccurrenceOptions options, TokenRows corpus) =>
        new($"{options.StateFile}: the rows that are in this state are not the ones of {corpus.Name}; delete it or give the same text.");

    // All that changes a number; the components are found at the end, from what any state holds.
    private static string Subject(Transformer model, SparseAutoencoder sae, TokenRows corpus, IReadOnlyDictionary<string, int[]> sets, CooccurrenceOptions o) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sae.Name} {sae.WeightsHash} at {sae.Config.Hook} in {model.Name} {model.WeightsHash} ({string.Join(", ", model.Flags.Select(f => $"{f.Key}: {f.Value}"))}) on {corpus.Name}, features {string.Join("; ", sets.Select(s => $"{s.Key}: {string.Join(' ', s.Value)}"))}, rows of {o.RowLength}, batches of {o.BatchTokens}, context {o.Before} and {o.After}, special tokens {(o.ExcludeSpecialTokens ? "out" : "in")}, {(o.AsNotebook ? "as the notebook, " : "")}{o.MaxPoints} points, seed {o.Seed}");
}
