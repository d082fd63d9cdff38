using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>One token of the answer.</summary>
/// <param name="Token">Its id.</param>
/// <param name="Text">Its text.</param>
/// <param name="LogProbability">ln p of it, given the prompt and the answer's tokens before it, in nats.</param>
/// <param name="Rank">How many tokens are more probable there, or as probable with a smaller id; 0 when a greedy text would take it.</param>
/// <param name="Margin">Its logit minus the largest logit of another token. Unlike ln p it does not come to rest where the token is nearly certain.</param>
public sealed record AnswerTokenScore(int Token, string Text, double LogProbability, int Rank, double Margin);

/// <summary>How well a model knows an answer.</summary>
/// <param name="Tokens">The answer's tokens; each is predicted from the prompt and the right tokens before it.</param>
public sealed record AnswerScore(IReadOnlyList<AnswerTokenScore> Tokens)
{
    /// <summary>ln p(answer | prompt) = Σ ln p(token), in nats.</summary>
    public double LogProbability => Tokens.Sum(t => t.LogProbability);

    /// <summary>Σ margin(token), in logits.</summary>
    public double Margin => Tokens.Sum(t => t.Margin);

    /// <summary>
    /// Whether every token has rank 0: a greedy text would be the answer. The answer as a whole has no rank of its own, as there are too many texts of its length to order.
    /// </summary>
    public bool IsGreedy => FirstMiss is null;

    /// <summary>The first token that a greedy text would not take; null for none.</summary>
    public int? FirstMiss => Tokens.Select((t, i) => (t, i)).Where(p => p.t.Rank > 0).Select(p => (int?)p.i).FirstOrDefault();

    /// <summary>The largest rank of a token.</summary>
    public int WorstRank => Tokens.Max(t => t.Rank);

    /// <summary>The token that is least probable.</summary>
    public AnswerTokenScore Weakest => Tokens.MinBy(t => t.LogProbability)!;

    /// <summary>Reads the answer's tokens off logits.</summary>
    /// <param name="logits">[answer token, d_vocab]: row i is computed from everything before token i.</param>
    /// <param name="answer">The answer's ids.</param>
    /// <param name="texts">The answer's texts.</param>
    internal static AnswerScore Of(Tensor logits, IReadOnlyList<int> answer, IReadOnlyList<string> texts) => new(
        [.. answer.Select((token, i) => new AnswerTokenScore(token, texts[i], LogProbabilityOf(logits.Row(i), token), RankOf(logits.Row(i), token), MarginOf(logits.Row(i), token)))]);

    private static double LogProbabilityOf(ReadOnlySpan<float> logits, int token) => Math.Min(0, logits[token] - (double)Kernels.LogSumExp(logits));

    private static double MarginOf(ReadOnlySpan<float> logits, int token)
    {
        var other = float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            if (i != token)
                other = Math.Max(other, logits[i]);
        }

        return (double)logits[token] - other;
    }

    private static int RankOf(ReadOnlySpan<float> logits, int token)
    {
        var rank = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] > logits[token] || (logits[i] == logits[token] && i < token))
                rank++;
        }

        return rank;
    }
}
