namespace FeatureInterp.Analysis;

/// <summary>The lines of an ablation as they come. What a state has already is not done again.</summary>
internal sealed class AblationLines
{
    private readonly AblationRunner _runner;
    private readonly AblationFeatures _features;
    private readonly AblationOptions _options;
    private readonly IReadOnlyList<IReadOnlyList<int>> _sets;
    private readonly AblationState _state;
    private readonly AblationCounter _counter;
    private readonly Action _keep;

    public AblationLines(
        AblationRunner runner, AblationFeatures features, AblationOptions options, IReadOnlyList<IReadOnlyList<int>> sets, AblationState state, IProgress<AblationProgress>? progress, Action keep)
    {
        (_runner, _features, _options, _sets, _state, _keep) = (runner, features, options, sets, state, keep);
        var closer = Math.Min(options.Details, sets.Count(s => features.Firing(s).At > 0));
        _counter = new AblationCounter(progress, 2 + sets.Count + closer + (options.NewTokens > 0 ? 2 + closer : 0));
    }

    public AnswerScore? Clean { get; private set; }

    public AnswerScore? Reference { get; private set; }

    public bool IsComplete { get; private set; }

    // In the order of the sets.
    private List<AblatedAnswer> Lines => _state.Lines;

    /// <summary>The model with nothing ablated, with the SAE and without.</summary>
    public void Begin(CancellationToken cancellation)
    {
        Reference = _runner.Reference(cancellation);
        Clean = _runner.Clean(cancellation);
        _counter.Skip(Lines.Count + Lines.Count(l => l.Response is not null) + Lines.Count(l => l.Text is not null) + (_state.CleanText is null ? 0 : 1) + (_state.ReferenceText is null ? 0 : 1));
        _counter.Add(2);
    }

    /// <summary>Every set; those of which nothing fires need not be run.</summary>
    public void Ablate(CancellationToken cancellation)
    {
        foreach (var together in _sets.Skip(Lines.Count).Chunk(_options.LinesAtOnce))
        {
            var firing = together.Select(_features.Firing).ToArray();
            var scores = new Queue<(AnswerScore, double)>(_runner.Scores([.. together.Where((_, i) => firing[i].At > 0)], cancellation));
            for (var i = 0; i < together.Length; i++)
            {
                var (score, direct) = firing[i].At > 0 ? scores.Dequeue() : (Reference!, Reference!.Margin);
                Lines.Add(new AblatedAnswer
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

            _keep();
            _counter.Add(together.Length);
        }
    }

    /// <summary>The layers' response and the greedy texts, of the lines with the largest effect.</summary>
    public void LookCloser(CancellationToken cancellation)
    {
        int[] closer = [.. Enumerable.Range(0, Lines.Count).Where(i => Lines[i].Fires).OrderByDescending(i => Math.Abs(Lines[i].Effect)).Take(_options.Details)];
        foreach (var part in closer.Where(i => Lines[i].Response is null).Chunk(_options.LinesAtOnce))
        {
            var responses = _runner.Responses([.. part.Select(i => Lines[i].Features)], Reference!.Margin, cancellation);
            foreach (var (i, response) in part.Zip(responses))
                Lines[i] = Lines[i] with { Response = response };
            _keep();
            _counter.Add(part.Length);
        }

        if (_options.NewTokens > 0)
            Write(closer, cancellation);
        IsComplete = true;
    }

    // The texts that are not there yet: of the model alone, of the SAE with nothing ablated, and of some lines.
    private void Write(int[] closer, CancellationToken cancellation)
    {
        (IReadOnlyList<int>? Features, Action<string> Keep)[] wanted =
        [
            .. _state.CleanText is null ? [(null, text => _state.CleanText = text)] : Array.Empty<(IReadOnlyList<int>?, Action<string>)>(),
            .. _state.ReferenceText is null ? [([], text => _state.ReferenceText = text)] : Array.Empty<(IReadOnlyList<int>?, Action<string>)>(),
            .. closer.Where(i => Lines[i].Text is null).Select(i => ((IReadOnlyList<int>?)Lines[i].Features, (Action<string>)(text => Lines[i] = Lines[i] with { Text = text }))),
        ];
        foreach (var part in wanted.Chunk(_options.LinesAtOnce))
        {
            var texts = _runner.Texts([.. part.Select(w => w.Features)], cancellation);
            foreach (var (text, line) in texts.Zip(part))
                line.Keep(text);
            _keep();
            _counter.Add(part.Length);
        }
    }
}
