using System.Collections;
using System.Globalization;
using System.Text;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A token a model might say next.</summary>
/// <param name="Rank">0 for the most probable.</param>
/// <param name="Token">Its id.</param>
/// <param name="Text">Its text; the id in angle brackets when the model has no tokenizer.</param>
/// <param name="Logit">Its logit.</param>
/// <param name="Probability">The softmax of the logits, 0 to 1.</param>
public sealed record RankedToken(int Rank, int Token, string Text, float Logit, double Probability);

/// <summary>The most probable next tokens, best first; prints as one line a token.</summary>
public sealed class TokenRanking : IReadOnlyList<RankedToken>
{
    private readonly RankedToken[] _tokens;

    private TokenRanking(RankedToken[] tokens) => _tokens = tokens;

    /// <inheritdoc/>
    public int Count => _tokens.Length;

    /// <inheritdoc/>
    public RankedToken this[int index] => _tokens[index];

    /// <summary>Ranks logits: largest first, equal ones by id.</summary>
    /// <param name="logits">[d_vocab]</param>
    /// <param name="count">How many to keep.</param>
    /// <param name="tokenizer">For the texts.</param>
    public static TokenRanking Of(ReadOnlySpan<float> logits, int count, Tokenizer? tokenizer)
    {
        var ids = new int[Math.Min(count, logits.Length)];
        var values = new float[ids.Length];
        Kernels.TopK(logits, ids, values);
        var normalizer = Kernels.LogSumExp(logits);
        var tokens = new RankedToken[ids.Length];
        for (var r = 0; r < tokens.Length; r++)
            tokens[r] = new RankedToken(r, ids[r], TextOf(ids[r], tokenizer), values[r], Math.Exp(values[r] - (double)normalizer));
        return new TokenRanking(tokens);
    }

    /// <inheritdoc/>
    public IEnumerator<RankedToken> GetEnumerator() => ((IEnumerable<RankedToken>)_tokens).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>One line a token: rank, logit, probability, text between bars.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var t in _tokens)
            text.AppendLine(CultureInfo.InvariantCulture, $"{t.Rank,3}  logit {t.Logit,7:F2}  {t.Probability * 100,6:F2} %  |{t.Text}|");
        return text.ToString().TrimEnd();
    }

    internal static string TextOf(int token, Tokenizer? tokenizer) =>
        tokenizer?.DecodeToken(token) ?? string.Create(CultureInfo.InvariantCulture, $"<{token}>");
}
