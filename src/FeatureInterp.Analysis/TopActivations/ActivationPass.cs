using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>What a pass over a corpus gathers, row by row.</summary>
internal sealed class ActivationPass
{
    private readonly Transformer _model;
    private readonly TopActivationsOptions _options;
    private readonly SpecialTokens _special;
    private readonly ExampleTable _examples;
    private readonly HistogramTable _histograms;
    private readonly int[] _fired;
    private readonly Dictionary<int, int> _bestOfRow = [];   // slot → position
    private readonly List<int[]> _beginnings = [];           // the first token of every row
    private int _tokens;
    private int _excluded;

    public ActivationPass(Transformer model, int features, TopActivationsOptions options)
    {
        _model = model;
        _options = options;
        _special = new SpecialTokens(model);
        _examples = new ExampleTable(features, options);
        _histograms = new HistogramTable(features);
        _fired = new int[features];
    }

    public int Rows { get; private set; }

    /// <summary>Takes in what fired in the next row.</summary>
    public void Add(int[] tokens, FiredRow fired)
    {
        _bestOfRow.Clear();
        for (var p = 0; p < tokens.Length; p++)
        {
            if (_options.ExcludeSpecialTokens && _special.Contains(tokens[p]))
            {
                _excluded = checked(_excluded + 1);
                continue;
            }

            _tokens = checked(_tokens + 1);
            var (slots, values) = fired.At(p);
            for (var i = 0; i < slots.Length; i++)
                Add(slots.Span[i], values.Span[i], p, tokens, fired);
        }

        foreach (var (slot, position) in _bestOfRow)
        {
            var value = fired.Value(position, slot);
            if (_examples.Wants(slot, value))
                _examples.Keep(slot, value, Rows, position, tokens, fired);
        }

        Begins(tokens);
        Rows++;
    }

    /// <summary>Takes over what an earlier pass over the first rows gathered; <see cref="Skip"/> then has to be called for each of them.</summary>
    /// <param name="earlier">What it gathered: as many features, in the order of the slots, checked when it was read.</param>
    public void Restore(TopActivationsResult earlier)
    {
        (Rows, _tokens, _excluded) = (earlier.Rows, earlier.Tokens, earlier.Excluded);
        for (var slot = 0; slot < _fired.Length; slot++)
        {
            var feature = earlier.Features[slot];
            _fired[slot] = feature.Fired;
            _histograms.Restore(slot, feature.Histogram);
            if (feature.Examples.Count > 0)
                _examples.Restore(slot, feature.Examples);
        }
    }

    /// <summary>Counts how a row begins that an earlier pass did.</summary>
    public void Skip(int[] tokens) => Begins(tokens);

    /// <summary>What was gathered.</summary>
    /// <param name="chosen">The features of the slots; null when a slot is a feature.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="isComplete">Whether that was the whole corpus.</param>
    public TopActivationsResult Result(int[]? chosen, SparseAutoencoder sae, bool isComplete)
    {
        var texts = new Dictionary<int, string>();
        return new TopActivationsResult
        {
            Rows = Rows,
            Tokens = _tokens,
            Excluded = _excluded,
            ExamplesKept = _options.Examples,
            Every = chosen is null,
            IsComplete = isComplete,
            Features = [.. Enumerable.Range(0, _fired.Length).Select(slot => new FeatureActivations
            {
                Feature = chosen?[slot] ?? slot,
                Fired = _fired[slot],
                Tokens = _tokens,
                Histogram = _histograms.Of(slot),
                Examples = Examples(slot, texts),
            })],
            Provenance = Provenance.Of(_model, sae, _beginnings),
        };
    }

    // Rows mostly begin alike: one array serves for all of them.
    private void Begins(int[] tokens) => _beginnings.Add(_beginnings.Count > 0 && _beginnings[^1][0] == tokens[0] ? _beginnings[^1] : tokens[..1]);

    private void Add(int slot, float value, int position, int[] tokens, FiredRow fired)
    {
        if (!float.IsFinite(value))
            throw new AnalysisException($"An activation of the SAE is {value} at position {position} of row {Rows}; its weights or the model's are damaged.");
        _fired[slot]++;
        if (value <= 0)
            return;
        _histograms.Add(slot, value);
        if (_options.OnePerRow)
        {
            if (!_bestOfRow.TryGetValue(slot, out var best) || value > fired.Value(best, slot))
                _bestOfRow[slot] = position;
        }
        else if (_examples.Wants(slot, value))
        {
            _examples.Keep(slot, value, Rows, position, tokens, fired);
        }
    }

    private ActivationExample[] Examples(int slot, Dictionary<int, string> texts)
    {
        var kept = _examples.Of(slot);
        var examples = new ActivationExample[kept.Length];
        for (var i = 0; i < kept.Length; i++)
        {
            var e = kept[i];
            examples[i] = new ActivationExample
            {
                Value = e.Value,
                Row = e.Row,
                Position = e.Position,
                Start = e.Start,
                Tokens = e.Tokens,
                TokenTexts = Array.ConvertAll(e.Tokens, t => Text(t, texts)),
                Values = e.Values,
            };
        }

        return examples;
    }

    private string Text(int token, Dictionary<int, string> texts)
    {
        if (!texts.TryGetValue(token, out var text))
            texts[token] = text = FeatureMap.Texts(_model, [token])[0];
        return text;
    }
}
