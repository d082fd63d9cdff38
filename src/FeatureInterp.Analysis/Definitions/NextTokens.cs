namespace FeatureInterp.Analysis;

/// <summary>What a model says next, one token forbidden.</summary>
internal static class NextTokens
{
    /// <summary>The most probable tokens and softmax(logits)[token], in double precision, by falling probability; of equal ones the smaller id first.</summary>
    /// <param name="logits">[d_vocab]</param>
    /// <param name="count">How many at most.</param>
    /// <param name="forbidden">The token whose logit counts as −∞.</param>
    public static IReadOnlyList<(int Token, double Probability)> Likeliest(ReadOnlySpan<float> logits, int count, int forbidden)
    {
        var best = new PriorityQueue<int, (float, int)>();
        double max = double.NegativeInfinity;
        for (var t = 0; t < logits.Length; t++)
        {
            if (t == forbidden)
                continue;
            if (float.IsNaN(logits[t]))
                throw new AnalysisException($"The logit of token {t} is NaN, so the model predicts nothing; the ghost or an intervention may be too large.");
            max = Math.Max(max, logits[t]);
            if (best.Count < count)
                best.Enqueue(t, (logits[t], -t));
            else if (best.TryPeek(out _, out var least) && (logits[t], -t).CompareTo(least) > 0)
                best.EnqueueDequeue(t, (logits[t], -t));
        }

        double sum = 0;
        for (var t = 0; t < logits.Length; t++)
            sum += t == forbidden ? 0 : Math.Exp(logits[t] - max);
        var tokens = new List<(int Token, double Probability)>();
        while (best.TryDequeue(out var token, out var logit))
            tokens.Add((token, Math.Exp(logit.Item1 - max) / sum));
        tokens.Reverse();
        return tokens;
    }
}
