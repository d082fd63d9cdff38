using System.Collections;
using System.Runtime.InteropServices;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>One feature that fired.</summary>
/// <param name="Token">The row it fired on.</param>
/// <param name="Feature">The feature, 0 to d_sae − 1.</param>
/// <param name="Value">Its activation.</param>
public readonly record struct FiredFeature(int Token, int Feature, float Value);

/// <summary>
/// What fired on each of a number of tokens: only the features that are not zero, by token and then by feature. A token of a good
/// SAE has a few dozen of many thousand.
/// </summary>
public sealed class SparseFeatures : IReadOnlyList<FiredFeature>
{
    private readonly List<FiredFeature> _fired = [];
    private readonly List<int> _firstOfToken = [0];

    internal SparseFeatures(int dSae) => DSae = dSae;

    /// <summary>The number of features there are.</summary>
    public int DSae { get; }

    /// <summary>The number of tokens.</summary>
    public int Tokens => _firstOfToken.Count - 1;

    /// <summary>The number of features that fired, over all tokens.</summary>
    public int Count => _fired.Count;

    /// <inheritdoc/>
    public FiredFeature this[int index] => _fired[index];

    /// <summary>What fired on one token, by feature.</summary>
    /// <param name="token">The token's row.</param>
    public IReadOnlyList<FiredFeature> On(int token) =>
        _fired.GetRange(_firstOfToken[token], L0(token));

    /// <summary>The number of features that fired on a token.</summary>
    /// <param name="token">The token's row.</param>
    public int L0(int token) => _firstOfToken[token + 1] - _firstOfToken[token];

    /// <summary>The strongest features of a token, largest first.</summary>
    /// <param name="token">The token's row.</param>
    /// <param name="count">At most so many.</param>
    public IReadOnlyList<FiredFeature> Top(int token, int count) =>
        [.. On(token).OrderByDescending(f => f.Value).ThenBy(f => f.Feature).Take(count)];

    /// <summary>The same with every zero written out, [token, d_sae].</summary>
    public Tensor ToDense()
    {
        var dense = Tensor.Zeros(Tokens, DSae);
        foreach (var f in _fired)
            dense.Span[f.Token * DSae + f.Feature] = f.Value;
        return dense;
    }

    /// <summary>Some features of every token, zeros written out, [token, features].</summary>
    internal Tensor Pick(ReadOnlySpan<int> features)
    {
        var picked = Tensor.Zeros(Tokens, features.Length);
        var row = new float[DSae];
        for (var t = 0; t < Tokens; t++)
        {
            foreach (var f in Span(t))
                row[f.Feature] = f.Value;
            for (var i = 0; i < features.Length; i++)
                picked.Span[t * features.Length + i] = row[features[i]];
            foreach (var f in Span(t))
                row[f.Feature] = 0;
        }

        return picked;
    }

    /// <summary>Those of some tokens in a row, counted from 0 again.</summary>
    internal SparseFeatures Slice(int firstToken, int tokens)
    {
        var slice = new SparseFeatures(DSae);
        for (var t = 0; t < tokens; t++)
        {
            foreach (var f in Span(firstToken + t))
                slice._fired.Add(f with { Token = t });
            slice._firstOfToken.Add(slice._fired.Count);
        }

        return slice;
    }

    /// <inheritdoc/>
    public IEnumerator<FiredFeature> GetEnumerator() => _fired.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>What is not zero of dense features.</summary>
    /// <param name="dense">[token, d_sae]</param>
    internal static SparseFeatures Of(Tensor dense)
    {
        var features = new SparseFeatures(dense.Shape[1]);
        for (var t = 0; t < dense.Shape[0]; t++)
            features.AddToken(dense.Row(t));
        return features;
    }

    /// <summary>What fired on one token, without a copy; valid until more is added.</summary>
    internal ReadOnlySpan<FiredFeature> Span(int token) =>
        CollectionsMarshal.AsSpan(_fired).Slice(_firstOfToken[token], L0(token));

    /// <summary>Puts one more token's features behind those there are.</summary>
    internal void AddToken(ReadOnlySpan<float> features)
    {
        var token = Tokens;
        for (var f = 0; f < features.Length; f++)
        {
            if (features[f] != 0)
                _fired.Add(new FiredFeature(token, f, features[f]));
        }

        _firstOfToken.Add(_fired.Count);
    }

    /// <summary>Puts one more token's features, those that fired in ascending order, behind those there are.</summary>
    internal void AddToken(ReadOnlySpan<int> features, ReadOnlySpan<float> values)
    {
        var token = Tokens;
        for (var i = 0; i < features.Length; i++)
            _fired.Add(new FiredFeature(token, features[i], values[i]));
        _firstOfToken.Add(_fired.Count);
    }
}
