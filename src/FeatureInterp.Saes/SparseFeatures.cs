using System.Collections;
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

    /// <inheritdoc/>
    public IEnumerator<FiredFeature> GetEnumerator() => _fired.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

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
}
