using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// From a token's products with the encoder, s = y·W_enc, to the features that fire: the part in which the kinds of SAE differ. Matching
/// pursuit, which has no such step, is <see cref="MatchingPursuit"/>'s.
/// </summary>
internal sealed class FeatureRule
{
    private readonly SaeArchitecture _architecture;
    private readonly SaeTopK? _topK;
    private readonly Tensor? _bias;
    private readonly GateWeights? _gate;
    private readonly Tensor _floor;
    private readonly Tensor? _rescale;

    private FeatureRule(SaeArchitecture architecture, SaeTopK? topK, Tensor? bias, GateWeights? gate, Tensor floor, Tensor? rescale)
    {
        _architecture = architecture;
        _topK = topK;
        _bias = bias;
        _gate = gate;
        _floor = floor;
        _rescale = rescale;
    }

    /// <summary>The rule of an SAE.</summary>
    /// <param name="config">What it computes.</param>
    /// <param name="weights">Its arrays; a gated SAE's r_mag is exponentiated here.</param>
    /// <param name="decoderNorms">‖W_dec[f]‖, [d_sae], where the features are rescaled by it; null where not.</param>
    public static FeatureRule Of(SaeConfig config, SaeWeights weights, Tensor? decoderNorms)
    {
        var floor = Tensor.Zeros(config.DSae);
        if (weights.Threshold is { } threshold)
            TensorPrimitives.Max(threshold.Span, 0f, floor.Span);
        var gate = weights.Gate is { } g ? g with { LogScale = Exponential(g.LogScale) } : null;
        var topK = config.Temporal?.TopK is { } k ? new SaeTopK(k) : config.TopK;
        return new FeatureRule(config.Architecture, topK, weights.EncoderBias, gate, floor, decoderNorms);
    }

    /// <summary>Whether a feature fires or not whatever the others do, so that some can be encoded without the rest.</summary>
    public bool TakesEachAlone => _topK is null;

    /// <summary>The rule for some features, as if there were no others.</summary>
    public FeatureRule For(ReadOnlySpan<int> features)
    {
        var gate = _gate is { } g ? new GateWeights(Some(g.GateBias, features)!, Some(g.MagnitudeBias, features)!, Some(g.LogScale, features)!) : null;
        return new FeatureRule(_architecture, _topK, Some(_bias, features), gate, Some(_floor, features)!, Some(_rescale, features));
    }

    /// <summary>Products to pre-activations, in place: s + b_enc; for a gated SAE the magnitudes' s·exp(r_mag) + b_mag.</summary>
    /// <param name="s">[token, f]</param>
    /// <returns>A gated SAE's s + b_gate, [token, f]; null for other kinds.</returns>
    public Tensor? Bias(Tensor s)
    {
        if (s.Length == 0)
            return null;
        Tensor? gate = null;
        if (_gate is { } g)
        {
            gate = Tensor.Uninitialized(s.Shape);
            Kernels.AddToRows(s.Span, g.GateBias.Span, gate.Span);
            Kernels.ScaleRows(s.Span, g.LogScale.Span, g.MagnitudeBias.Span, s.Span);
        }
        else if (_bias is { } bias)
        {
            Kernels.AddToRows(s.Span, bias.Span, s.Span);
        }

        return gate;
    }

    /// <summary>
    /// The features of one token that fire, by feature. A NaN fires, so that it is seen.
    /// </summary>
    /// <param name="pre">The pre-activations, [f]; written over.</param>
    /// <param name="gate">What <see cref="Bias"/> gave, [f]; empty for none.</param>
    /// <param name="features">Receives the features; as long as <paramref name="pre"/>.</param>
    /// <param name="values">Receives their activations; as long as <paramref name="pre"/>.</param>
    /// <returns>How many there are.</returns>
    public int Fire(Span<float> pre, ReadOnlySpan<float> gate, Span<int> features, Span<float> values)
    {
        if (_topK is { } topK)
        {
            if (_rescale is { } norms)                                  // pre·‖W_dec[f]‖
                TensorPrimitives.Multiply(pre, norms.Span, pre);
            return TopKSelection.Select(pre, topK, features, values);   // the k largest
        }

        if (gate.Length == 0)                                           // pre where pre > max(threshold, 0)
            return Kernels.CollectAbove(pre, _floor.Span, features, values);

        var open = Kernels.CollectAbove(gate, _floor.Span, features, values);
        var fired = 0;                                                  // ReLU(pre) where gate > 0
        for (var i = 0; i < open; i++)
        {
            var value = float.IsNaN(values[i]) ? float.NaN : pre[features[i]];
            features[fired] = features[i];
            values[fired] = value;
            fired += value <= 0 ? 0 : 1;
        }

        return fired;
    }

    /// <summary>Every token's features that fire, on several threads.</summary>
    /// <param name="pre">[token, f]; written over.</param>
    /// <param name="gate">[token, f], or null.</param>
    /// <param name="take">Called once for each token, from any thread: the token, its features, their values.</param>
    public void FireAll(Tensor pre, Tensor? gate, Action<int, ReadOnlySpan<int>, ReadOnlySpan<float>> take)
    {
        const int TokensAtOnce = 8;
        int tokens = pre.Shape[0], width = pre.Shape[1];
        Workers.Run((tokens + TokensAtOnce - 1) / TokensAtOnce, chunk =>
        {
            var features = ArrayPool<int>.Shared.Rent(width);
            var values = ArrayPool<float>.Shared.Rent(width);
            for (var t = chunk * TokensAtOnce; t < Math.Min(tokens, (chunk + 1) * TokensAtOnce); t++)
            {
                var count = Fire(pre.Row(t), gate is null ? [] : gate.Row(t), features.AsSpan(0, width), values.AsSpan(0, width));
                take(t, features.AsSpan(0, count), values.AsSpan(0, count));
            }

            ArrayPool<int>.Shared.Return(features);
            ArrayPool<float>.Shared.Return(values);
        });
    }

    private static Tensor Exponential(Tensor x)
    {
        var y = Tensor.Uninitialized(x.Shape);
        Kernels.Exp(x.Span, y.Span);
        return y;
    }

    private static Tensor? Some(Tensor? vector, ReadOnlySpan<int> features)
    {
        if (vector is null)
            return null;
        var some = Tensor.Uninitialized(features.Length);
        for (var i = 0; i < features.Length; i++)
            some.Span[i] = vector.Span[features[i]];
        return some;
    }
}
