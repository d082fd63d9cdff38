using System.Buffers;
using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>A token of the vocabulary with a number.</summary>
/// <param name="Token">Its id.</param>
/// <param name="Text">Its text; its id where the model has no tokenizer.</param>
/// <param name="Score">The number.</param>
public readonly record struct TokenScore(int Token, string Text, float Score)
{
    /// <summary>Such as <c>' wolf' 3.25</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"'{Text}' {Score:0.###}");
}

/// <summary>The ends of a list of numbers over the vocabulary.</summary>
internal static class TokenScores
{
    /// <summary>The largest, largest first; of equal ones the smaller id first.</summary>
    public static TokenScore[] Top(ReadOnlySpan<float> scores, int count, Transformer model)
    {
        count = Math.Min(count, scores.Length);
        var (ids, values) = (new int[count], new float[count]);
        Kernels.TopK(scores, ids, values);
        return [.. ids.Select((id, i) => new TokenScore(id, TokenText.Of(model, id), values[i]))];
    }

    /// <summary>The smallest, smallest first; of equal ones the smaller id first.</summary>
    public static TokenScore[] Bottom(ReadOnlySpan<float> scores, int count, Transformer model)
    {
        var rented = ArrayPool<float>.Shared.Rent(scores.Length);
        var negated = rented.AsSpan(0, scores.Length);
        TensorPrimitives.Negate(scores, negated);
        var bottom = Top(negated, count, model);
        ArrayPool<float>.Shared.Return(rented);
        return Array.ConvertAll(bottom, t => t with { Score = -t.Score });
    }

    /// <summary>Lists of tokens side by side, a column a list.</summary>
    public static Table SideBySide(int rows, params (string Name, IReadOnlyList<TokenScore> Tokens)[] lists)
    {
        TableColumn[] columns = ["", .. lists.SelectMany(l => (TableColumn[])[l.Name, new("", format: "0.00")])];
        var count = Math.Min(rows, lists.Max(l => l.Tokens.Count));
        return new Table(columns, [.. Enumerable.Range(0, count).Select(r =>
            (Cell[])[r + 1, .. lists.SelectMany(l => r < l.Tokens.Count ? (Cell[])[$"'{l.Tokens[r].Text}'", l.Tokens[r].Score] : ["", ""])])]);
    }

    /// <summary>The first few tokens in one line.</summary>
    public static string Line(IReadOnlyList<TokenScore> tokens, int count) => string.Join("  ", tokens.Take(count).Select(t => $"'{t.Text}'"));
}
