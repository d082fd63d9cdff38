namespace FeatureInterp.Saes;

/// <summary>When each feature last fired, and how often lately.</summary>
internal sealed class FeatureActivity(int dSae, int deadAfterSteps)
{
    // The frequencies that are saved with an SAE are of so many steps at most.
    private const int WindowSteps = 2000;

    private readonly int[] _stepsSince = new int[dSae];
    private readonly long[] _fired = new long[dSae];
    private long _tokens;
    private int _steps;

    /// <summary>Features that have not fired for more than the steps allowed, ascending.</summary>
    public int[] Dead()
    {
        var dead = new List<int>();
        for (var f = 0; f < dSae; f++)
        {
            if (_stepsSince[f] > deadAfterSteps)
                dead.Add(f);
        }

        return [.. dead];
    }

    /// <summary>Counts one step's features.</summary>
    /// <returns>How many fired, over all tokens.</returns>
    public long Add(SparseBatch active, float[] activations)
    {
        if (_steps == WindowSteps)
        {
            Array.Clear(_fired);
            (_tokens, _steps) = (0, 0);
        }

        for (var f = 0; f < dSae; f++)
            _stepsSince[f]++;
        long total = 0;
        for (var e = 0; e < activations.Length; e++)
        {
            if (activations[e] == 0)
                continue;
            _stepsSince[active.Features[e]] = 0;
            _fired[active.Features[e]]++;
            total++;
        }

        _tokens += active.Rows;
        _steps++;
        return total;
    }

    /// <summary>SAELens's sparsity: log₁₀ of the share of tokens on which a feature fired, plus 1e-10.</summary>
    public float[] LogFrequencies() => Array.ConvertAll(_fired, n => (float)Math.Log10((double)n / Math.Max(1, _tokens) + 1e-10));

    public void Save(TrainingState state)
    {
        state.Add("activity.steps_since", [.. _stepsSince.Select(s => (long)s)]);
        state.Add("activity.fired", _fired);
        state.Add("activity.window", [_tokens, _steps]);
    }

    public void Restore(TrainingState state)
    {
        var since = state.Integers("activity.steps_since", dSae);
        for (var f = 0; f < dSae; f++)
            _stepsSince[f] = (int)Math.Clamp(since[f], 0, int.MaxValue);
        state.Integers("activity.fired", dSae).CopyTo(_fired, 0);
        var window = state.Integers("activity.window", 2);
        (_tokens, _steps) = (window[0], (int)Math.Clamp(window[1], 0, WindowSteps));
    }
}
