namespace FeatureInterp.Analysis;

/// <summary>The lines of an ablation as they come.</summary>
internal sealed class AblationLines
{
    private readonly AblationRunner _runner;
    private readonly AblationFeatures _features;
    private readonly AblationOptions _options;
    private readonly IReadOnlyList<IReadOnlyList<int>> _sets;
    private readonly AblationCounter _counter;
    private readonly List<AblatedAnswer> _lines = [];

    public AblationLines(AblationRunner runner, AblationFeatures features, AblationOptions options, IReadOnlyList<IReadOnlyList<int>> sets, IProgress<AblationProgress>? progress)
    {
        (_runner, _features, _options, _sets) = (runner, features, options, sets);
        var closer = Math.Min(options.Details, sets.Count(s => features.Firing(s).At > 0));
        _counter = new AblationCounter(progress, 2 + sets.Count + closer + (options.NewTokens > 0 ? 2 + closer : 0));
    }

    public AnswerScore? Clean { get; private set; }

    public AnswerScore? Reference { get; private set; }

    public string? CleanText { get; private set; }

    public string? ReferenceText { get; private set; }

    public bool IsComplete { get; private set; }

    /// <summary>In the order of the sets.</summary>
    public IReadOnlyList<AblatedAnswer> Lines => _lines;

    /// <summary>The model with nothing ablated, with the SAE and without.</summary>
    public void Begin(CancellationToken cancellation)
    {
        Reference = _runner.Reference(cancellation);
        Clean = _runner.Clean(cancellation);
        _counter.Add(2);
    }

    /// <summary>Every set; those of which nothing fires need not be run.</summary>
    public void Ablate(CancellationToken cancellation)
    {
        foreach (var together in _sets.Chunk(_options.LinesAtOnce))
        {
            var firing = together.Select(_features.Firing).ToArray();
            var scores = new Queue<(AnswerScore, double)>(_runner.Scores([.. together.Where((_, i) => firing[i].At > 0)], cancellation));
            for (var i = 0; i < together.Length; i++)
            {
                var (score, direct) = firing[i].At > 0 ? scores.Dequeue() : (Reference!, Reference!.Margin);
                _lines.Add(new AblatedAnswer
                {
                    Features = together[i],
                    FiresAt = firing[i].At,
                    MaxActivation = firing[i].Max,
                    Score = score,
                    Effect = score.LogProbability - Reference!.LogProbability,
                    Total = score.Margin - Reference.Margin,
                    Direct = direct - Reference.Margin,
                });
            }

            _counter.Add(together.Length);
        }
    }

    /// <summary>The layers' response and the greedy texts, of the lines with the largest effect.</summary>
    public void LookCloser(CancellationToken cancellation)
    {
        int[] closer = [.. Enumerable.Range(0, _lines.Count).Where(i => _lines[i].Fires).OrderByDescending(i => Math.Abs(_lines[i].Effect)).Take(_options.Details)];
        foreach (var part in closer.Chunk(_options.LinesAtOnce))
        {
            var responses = _runner.Responses([.. part.Select(i => _lines[i].Features)], Reference!.Margin, cancellation);
            foreach (var (i, response) in part.Zip(responses))
                _lines[i] = _lines[i] with { Response = response };
            _counter.Add(part.Length);
        }

        if (_options.NewTokens > 0)
        {
            var texts = _runner.Texts([[], .. closer.Select(i => _lines[i].Features)], cancellation);
            (CleanText, ReferenceText) = (texts[0], texts[1]);
            foreach (var (i, text) in closer.Zip(texts.Skip(2)))
                _lines[i] = _lines[i] with { Text = text };
            _counter.Add(texts.Length);
        }

        IsComplete = true;
    }
}
