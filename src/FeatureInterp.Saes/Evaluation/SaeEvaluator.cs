using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Measures how well an SAE stands in for what it encodes, batch by batch with bounded memory. Equal to SAELens's
/// <c>run_evals</c> on the same tokens in the same batches; of a transcoder the reconstruction goes to the hook it writes
/// (SAELens puts it at the one it reads).
/// </summary>
public static class SaeEvaluator
{
    private static readonly TimeSpan BetweenSaves = TimeSpan.FromSeconds(5);

    /// <summary>Runs all rows three times from the SAE's layer on: the model alone, with the SAE, with zeros.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="rows">A text or rows of token ids.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellation">Looked at before each block; the state file then holds every batch that was finished.</param>
    /// <exception cref="SaeException">The SAE does not fit, an option or a state file makes no sense, there is too little text, or the numbers are not finite.</exception>
    /// <exception cref="PromptException">A row is too short or too long, or holds a token the model does not have.</exception>
    public static SaeMetrics Run(
        Transformer model,
        SparseAutoencoder sae,
        TokenRows rows,
        SaeEvaluationOptions? options = null,
        IProgress<SaeEvaluationProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new SaeEvaluationOptions();
        options.Validate();
        sae.For(model);
        var excluded = options.AllExcluded(model);
        var subject = options.StateFile is null ? "" : Subject(model, sae, rows, options, excluded);
        var state = (options.Resume ? EvaluationState.Load(options.StateFile!, subject, sae.Config) : null)
            ?? new EvaluationState { Subject = subject, Sums = MetricSums.Of(sae.Config) };
        var (done, before) = (state.Sums.Rows, state.RowsHash);

        double? share = null;
        var clock = Stopwatch.StartNew();
        var sinceSave = Stopwatch.StartNew();
        var batch = new EvaluationBatch(model, sae, excluded, options.ActivationScale);
        try
        {
            var toSkip = done;
            state.RowsHash = "";
            foreach (var chunk in rows.Read(model, sae, options, s => share = s).Chunk(options.BatchRows))
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var row in chunk)
                    state.RowsHash = EvaluationState.Hash(state.RowsHash, Checked(row));
                if (toSkip > 0)
                {
                    toSkip -= chunk.Length;
                    if (toSkip < 0 || (toSkip == 0 && state.RowsHash != before))
                        throw new SaeException($"{options.StateFile}: the rows that are in this state are not the ones of {rows.Name}; delete it or give the same text.");
                    continue;
                }

                batch.Run(chunk, state.Sums, cancellation);
                before = state.RowsHash;
                if (options.StateFile is { } file && sinceSave.Elapsed >= BetweenSaves)
                {
                    state.Save(file);
                    sinceSave.Restart();
                }

                progress?.Report(Progress(state.Sums, rows.CountOf(options, share, state.Sums.Rows), clock.Elapsed, state.Sums.Rows - done));
            }

            if (toSkip > 0)
                throw new SaeException($"{options.StateFile}: {done} rows are in this state, but {rows.Name} has fewer; delete it or give the same text.");
        }
        catch (OperationCanceledException) when (options.StateFile is not null && state.Sums.Rows > 0)
        {
            state.RowsHash = before;
            state.Save(options.StateFile);
            throw;
        }

        if (state.Sums.Rows == 0)
            throw new SaeException($"{rows.Name} has no rows; give at least one.");
        if (options.StateFile is { } last)
            state.Save(last);
        return Metrics(state.Sums, options, sae);
    }

    private static int[] Checked(int[] row) => row.Length >= 2
        ? row
        : throw new PromptException($"A row of {row.Length} tokens cannot be evaluated: it needs one token to predict from and one to predict.");

    private static SaeEvaluationProgress Progress(MetricSums sums, long? total, TimeSpan elapsed, long doneNow) => new(
        sums.Rows, total, sums.Tokens, total is { } all ? elapsed * ((double)(all - sums.Rows) / doneNow) : null, sums.ExplainedVariance, sums.L0 / sums.Counted);

    private static SaeMetrics Metrics(MetricSums s, SaeEvaluationOptions options, SparseAutoencoder sae)
    {
        if (s.Counted == 0 || s.Predicted == 0)
            throw new SaeException($"Every one of the {s.Tokens} tokens is excluded; exclude fewer.");
        double n = s.Counted;
        var density = Array.ConvertAll(s.Fired, f => f / n);
        return new SaeMetrics
        {
            CeLossWithoutSae = s.CeClean / s.Predicted,
            CeLossWithSae = s.CeSae / s.Predicted,
            CeLossWithAblation = s.CeZero / s.Predicted,
            KlDivWithSae = s.KlSae / n,
            KlDivWithAblation = s.KlZero / n,
            ExplainedVariance = s.ExplainedVariance,
            ExplainedVarianceLegacy = s.Legacy / n,
            Mse = s.SquaredError / n,
            CosineSimilarity = s.Cosine / n,
            L2NormIn = s.NormIn / n,
            L2NormOut = s.NormOut / n,
            L2Ratio = s.NormRatio / n,
            RelativeReconstructionBias = s.Bias / s.Batches,
            L0 = s.L0 / n,
            L1 = s.L1 / n,
            Rows = s.Rows,
            Tokens = s.Tokens,
            CountedTokens = s.Counted,
            Features = new SaeFeatureMetrics
            {
                Fired = s.Fired,
                Density = density,
                ConsistentActivation = [.. s.Fired.Zip(s.FiredRows, (f, r) => r > 0 ? (double?)f / r : null)],
                Dead = [.. Enumerable.Range(0, density.Length).Where(f => s.Fired[f] == 0)],
                Dense = [.. Enumerable.Range(0, density.Length).Where(f => density[f] > options.DenseAbove).OrderByDescending(f => density[f]).ThenBy(f => f)],
                Weights = options.WeightMetrics ? WeightGeometry.Of(sae.Config, sae.Weights) : null,
            },
        };
    }

    // All that changes a number, so that sums of one evaluation are never added to those of another.
    private static string Subject(Transformer model, SparseAutoencoder sae, TokenRows rows, SaeEvaluationOptions options, HashSet<int> excluded) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sae.Name} {sae.WeightsHash} at {sae.Config.Hook} in {model.Name} {model.WeightsHash} ({string.Join(", ", model.Flags.Select(f => $"{f.Key}: {f.Value}"))}) on {rows.Name}, batches of {options.BatchRows}, context {options.ContextLength}, BOS {options.PrependBos}, without tokens [{string.Join(' ', excluded.Order())}], scale {options.ActivationScale:R}");
}
