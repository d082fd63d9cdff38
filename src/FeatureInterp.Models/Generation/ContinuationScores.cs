using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>How probable a model finds texts that go on from one prompt.</summary>
public static class ContinuationScores
{
    // Logits held at once, in numbers (256 MB).
    private const long MostLogits = 1 << 26;

    /// <summary>
    /// ln p(token i | prompt, tokens before i) of each continuation. The prompt is run once; the continuations share its keys and values. Equal to
    /// one run over prompt and continuation up to fp32 rounding: the text is cut at the prompt's end, and steps of one token round in another way.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">One prompt.</param>
    /// <param name="continuations">The tokens of each text that follows it; an empty one is scored by nothing.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <returns>For each continuation a number a token, in nats, none above 0.</returns>
    /// <exception cref="PromptException">Several prompts, or a text that is too long or has a token outside the vocabulary.</exception>
    public static IReadOnlyList<double[]> LogProbabilities(
        this Transformer model, Prompts prompt, IReadOnlyList<IReadOnlyList<int>> continuations, CancellationToken cancellation = default)
    {
        var tokens = new Sweep(model, prompt).Tokens;
        foreach (var c in continuations)
        {
            // The last token is predicted but not run, so it may stand one past the last position.
            if (tokens.Count + c.Count - 1 > model.Config.ContextLength)
                throw new PromptException($"Prompt and continuation have {tokens.Count + c.Count} tokens, more than the {model.Config.ContextLength} that {model.Name} has positions for.");
            foreach (var bad in c.Where(t => (uint)t >= (uint)model.Config.VocabSize))
                throw new PromptException($"Token {bad} of a continuation is not in the vocabulary of {model.Name} (0 to {model.Config.VocabSize - 1}).");
        }

        var scores = continuations.Select(c => new double[c.Count]).ToArray();
        if (scores.All(s => s.Length == 0))
            return scores;
        var trunk = new KvCache(model.Config, 1);
        var first = model.Run(tokens.ToArray(), cache: trunk, logits: LogitsAt.Last, cancellation: cancellation).LastLogits();
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i].Length > 0)
                scores[i][0] = LogProbability(first.Span, continuations[i][0]);
        }

        int[] longer = [.. Enumerable.Range(0, scores.Length).Where(i => scores[i].Length > 1)];
        foreach (var together in Parts(longer, scores, model.Config.VocabSize))
        {
            var run = model.Run(together.Select(i => continuations[i].SkipLast(1).ToArray()).ToArray(), cache: trunk.Fork(together.Count), cancellation: cancellation);
            for (var p = 0; p < together.Count; p++)
            {
                var (logits, score) = (run.Logits[p], scores[together[p]]);
                for (var t = 1; t < score.Length; t++)
                    score[t] = LogProbability(logits.Row(t - 1), continuations[together[p]][t]);
            }
        }

        return scores;
    }

    private static double LogProbability(ReadOnlySpan<float> logits, int token) => Math.Min(0, logits[token] - (double)Kernels.LogSumExp(logits));

    private static IEnumerable<IReadOnlyList<int>> Parts(int[] lines, double[][] scores, int vocabulary)
    {
        var part = new List<int>();
        long logits = 0;
        foreach (var line in lines)
        {
            var own = (long)scores[line].Length * vocabulary;
            if (part.Count > 0 && logits + own > MostLogits)
            {
                yield return part;
                (part, logits) = ([], 0);
            }

            part.Add(line);
            logits += own;
        }

        if (part.Count > 0)
            yield return part;
    }
}
