using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Several sets of features over a corpus, row by row.</summary>
internal sealed class CooccurrencePass
{
    // A set's statistics are its square; beyond this, a set is no longer a handful of features that one looks at.
    private const int LargestSet = 256;

    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;
    private readonly CooccurrenceOptions _options;
    private readonly SpecialTokens _special;
    private readonly (string Name, int[] Features, int[] Columns)[] _sets;

    public CooccurrencePass(Transformer model, SparseAutoencoder sae, IReadOnlyDictionary<string, int[]> sets, CooccurrenceOptions options)
    {
        (_model, _sae, _options, _special) = (model, sae, options, new SpecialTokens(model));
        if (sets.Count == 0)
            throw new AnalysisException("No set of features was given; give at least one.");
        foreach (var (name, features) in sets)
        {
            if (FeatureChoice.Check(features, sae).Length > LargestSet)
                throw new AnalysisException($"The set '{name}' has {features.Length} features; give at most {LargestSet}.");
        }

        Features = [.. sets.Values.SelectMany(f => f).Distinct()];
        var columns = Features.Select((f, i) => (f, i)).ToDictionary(p => p.f, p => p.i);
        _sets = [.. sets.Select(s => (s.Key, s.Value.ToArray(), Array.ConvertAll(s.Value, f => columns[f])))];
    }

    /// <summary>The features of all sets together, each once.</summary>
    public int[] Features { get; }

    /// <summary>An empty state for these sets.</summary>
    public CooccurrenceState Begin(string subject) => new() { Subject = subject, Sets = [.. _sets.Select(s => CooccurrenceSums.Of(s.Features.Length))] };

    /// <summary>Takes in the next row.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="acts">The activations of <see cref="Features"/>, [pos, feature].</param>
    /// <param name="state">Where to.</param>
    public void Add(int[] tokens, Tensor acts, CooccurrenceState state)
    {
        for (var p = 0; p < tokens.Length; p++)
        {
            if (_options.ExcludeSpecialTokens && _special.Contains(tokens[p]))
            {
                state.Excluded++;
                continue;
            }

            state.Tokens++;
            var row = acts.Row(p);
            if (!TensorPrimitives.IsFiniteAll<float>(row))
                throw new AnalysisException($"An activation of the SAE is not finite at position {p} of row {state.Rows}; its weights or the model's are damaged.");
            if (row.ContainsAnyExcept(0f))
                Add(tokens, p, row, state);
        }

        state.Beginnings[tokens[0]] = state.Beginnings.GetValueOrDefault(tokens[0]) + 1;
        state.Rows++;
    }

    private void Add(int[] tokens, int position, ReadOnlySpan<float> row, CooccurrenceState state)
    {
        Span<double> room = stackalloc double[LargestSet];
        Span<int> slots = stackalloc int[LargestSet];
        for (var s = 0; s < _sets.Length; s++)
        {
            var columns = _sets[s].Columns;
            var acts = room[..columns.Length];
            var count = 0;
            for (var i = 0; i < columns.Length; i++)
            {
                acts[i] = row[columns[i]];
                if (acts[i] != 0)
                    slots[count++] = i;
            }

            var fired = slots[..count];
            if (count == 0 || (_options.AsNotebook && !(TensorPrimitives.Sum<double>(acts) > 0)))
                continue;
            var sums = state.Sets[s];
            sums.Add(acts, fired);
            if (sums.Place(_options.MaxPoints, _options.Seed) is { } place)
                sums.Keep(place, Kept(tokens, position, state.Rows, fired, acts));
        }
    }

    private KeptToken Kept(int[] tokens, int position, int row, ReadOnlySpan<int> fired, ReadOnlySpan<double> acts)
    {
        var start = Math.Max(0, position - _options.Before);
        // The source's slip: the end of the range is held below the last token.
        var end = Math.Min(_options.AsNotebook ? Math.Max(position + 1, tokens.Length - 1) : tokens.Length, position + 1 + _options.After);
        var values = new float[fired.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)acts[fired[i]];
        return new KeptToken(row, position, tokens[start..end], position - start, fired.ToArray(), values);
    }

    /// <summary>What was gathered, with the components found.</summary>
    public CooccurrenceResult Result(CooccurrenceState state)
    {
        var texts = new TokenTexts(_model);
        var sampled = state.Sets.Any(s => s.Count > s.Kept.Count);
        return new CooccurrenceResult
        {
            Rows = state.Rows,
            Tokens = state.Tokens,
            Excluded = state.Excluded,
            AsNotebook = _options.AsNotebook,
            Sets = [.. _sets.Select((set, i) => CooccurrenceSet.Of(set.Name, set.Features, _sae, state.Sets[i], _options.Components, texts))],
            Provenance = Provenance.Of(_model, _sae, state.FirstTokens(), sampled ? _options.Seed : null),
        };
    }
}

/// <summary>The texts of tokens, each looked up once.</summary>
internal sealed class TokenTexts(Transformer model)
{
    private readonly Dictionary<int, string> _texts = [];

    public string this[int token]
    {
        get
        {
            if (!_texts.TryGetValue(token, out var text))
                _texts[token] = text = FeatureMap.Texts(model, [token])[0];
            return text;
        }
    }
}
