using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// TokenChange: which next tokens become likelier, and which less likely, when a feature or a neuron is clamped to v and to −v at every position of a set of prompts. With
/// Δ±[t] the mean over prompts and positions of logit±[t] − clean logit[t], the tokens at both ends of both are kept. The blocks before the unit are run once for all three runs.
/// </summary>
public static class TokenChange
{
    // Logits that are held at once for one of the runs, in fp32 values.
    private const long LogitsAtOnce = 1 << 24;

    /// <summary>Clamps and measures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="unit">The feature or neuron.</param>
    /// <param name="prompts">The text or rows of tokens; <see cref="TokenRows.FromFile"/> reads a file.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told how far it is, at most ten times a second.</param>
    /// <param name="cancellation">Looked at before each batch and each block.</param>
    /// <exception cref="SaeException">The SAE does not fit the model, or a text file is not there.</exception>
    /// <exception cref="PromptException">A row is empty, too long, or has a token outside the vocabulary.</exception>
    /// <exception cref="AnalysisException">An option makes no sense, there is no text, or the unit never fires there and no value was given.</exception>
    public static TokenChangeResult Run(
        Transformer model,
        Unit unit,
        TokenRows prompts,
        TokenChangeOptions? options = null,
        IProgress<CorpusProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new TokenChangeOptions();
        options.Validate(model);
        unit.Check(model);
        var special = new SpecialTokens(model);
        Func<int, bool>? leaves = options.ExcludeSpecialTokens ? special.Contains : null;
        var rows = Rows(prompts.Rows(model, options.RowLength), options);
        var counted = rows.Sum(r => r.Count(t => leaves is null || !leaves(t)));
        if (counted == 0)
            throw new AnalysisException(rows.Length == 0 ? "The corpus has no text; give at least one row." : "The corpus has special tokens only; give some text, or set ExcludeSpecialTokens to false.");

        var batches = Batches(rows, model.Config.VocabSize);
        float? largest = options.Value is null ? Largest(model, unit, batches, leaves, cancellation) : null;
        var value = (options.Value ?? largest!.Value) * options.Strength;
        var meter = new CorpusMeter(progress, TimeProvider.System) { RowsTotal = rows.Length };
        var sums = new ChangeSums(model.Config.VocabSize, options.Measure);
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            Add(model, unit, batch, value, options, leaves, sums, cancellation);
            meter.Add(batch.Length, batch.Sum(r => (long)r.Length));
        }

        meter.Finish();
        return new TokenChangeResult
        {
            Unit = unit.ToString(),
            Value = value,
            LargestActivation = largest,
            Measure = options.Measure,
            Rows = rows.Length,
            Tokens = counted,
            ErrorTerm = unit.Sae is not null && options.ErrorTerm,
            Positive = sums.Shift(up: true, value, options.Top, model),
            Negative = sums.Shift(up: false, -value, options.Top, model),
            Provenance = unit.Provenance(model, rows, options.Seed),
        };
    }

    private static int[][] Rows(IEnumerable<int[]> corpus, TokenChangeOptions options)
    {
        if (options.Seed is not { } seed)
            return [.. corpus.Take(options.Rows)];
        int[][] all = [.. corpus];
        var random = MersenneTwister.Torch(seed);
        return all.Length == 0 ? [] : [.. Enumerable.Range(0, options.Rows).Select(_ => all[random.Next() % (uint)all.Length])];
    }

    private static void Add(
        Transformer model, Unit unit, int[][] batch, float value, TokenChangeOptions options, Func<int, bool>? leaves, ChangeSums sums, CancellationToken cancellation)
    {
        var runs = new ClampedRuns(model, unit, batch, options.ErrorTerm, beforeActivation: false, cancellation);
        var clean = runs.Clamped([null], leaves, cancellation);
        sums.Count(clean, runs.Clamped([value], leaves, cancellation), up: true, leaves);
        sums.Count(clean, runs.Clamped([-value], leaves, cancellation), up: false, leaves);
    }

    private static float Largest(Transformer model, Unit unit, IReadOnlyList<int[][]> batches, Func<int, bool>? leaves, CancellationToken cancellation)
    {
        var largest = 0f;
        foreach (var batch in batches)
        {
            var acts = unit.Activations(model, batch, cancellation);
            for (var p = 0; p < batch.Length; p++)
            {
                for (var i = 0; i < batch[p].Length; i++)
                {
                    if (leaves is null || !leaves(batch[p][i]))
                        largest = Math.Max(largest, acts[p][i]);
                }
            }
        }

        return largest > 0 ? largest
            : throw new AnalysisException($"{unit} never fires on these prompts, so its largest activation gives no value to clamp it to; give other prompts or the option Value.");
    }

    private static List<int[][]> Batches(int[][] rows, int vocabulary)
    {
        var batches = new List<int[][]>();
        var batch = new List<int[]>();
        foreach (var row in rows)
        {
            if (batch.Count > 0 && (batch.Sum(r => (long)r.Length) + row.Length) * vocabulary > LogitsAtOnce)
            {
                batches.Add([.. batch]);
                batch.Clear();
            }

            batch.Add(row);
        }

        batches.Add([.. batch]);
        return batches;
    }
}
