using System.Buffers;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

// How an input goes through: prepared, encoded, decoded, put back on its scale.
public sealed partial class SparseAutoencoder
{
    /// <summary>The hook whose place it takes.</summary>
    /// <exception cref="SaeException">Its files do not say.</exception>
    internal HookPoint HookWritten => Config.HookOut ?? (Config.IsTranscoder
        ? throw new SaeException($"{Name} is a transcoder, and its files do not say which hook it writes; name it when loading (SaeLoadOptions.HookOut).")
        : Config.Hook);

    /// <summary>The sites inside the SAE that a pass reaches, in order: all but Error and Output, which are the splice's own.</summary>
    /// <param name="asSaeLensAttaches"><see cref="SaePass.AsSaeLensAttaches"/>.</param>
    internal IReadOnlyList<SaeSite> SitesOf(bool asSaeLensAttaches) => Config.Pursuit is null
        ? [SaeSite.Input, SaeSite.ActsPre, SaeSite.ActsPost, SaeSite.Recons]
        : asSaeLensAttaches ? [SaeSite.Input, SaeSite.Recons] : [SaeSite.Input, SaeSite.ActsPost, SaeSite.Recons];

    /// <summary>
    /// Encodes and decodes, showing each step to <see cref="SaePass.Hooks"/>. <paramref name="x"/> is not written into, whatever they write.
    /// </summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <param name="pass">Which tokens are one text, who looks, whose number.</param>
    /// <returns>In the shape of <paramref name="x"/>; [token, d_out] for a transcoder.</returns>
    internal Tensor Forward(Tensor x, SaePass pass)
    {
        var y = Flat(x).Clone();
        pass.At(SaeSite.Input, y);                                      // [token, d_in]
        var scaling = Prepare(y);                                       // y = norm(x) − b_dec
        var foretold = Foretell(y, pass.Texts);                         // of a temporal SAE; y keeps the remainder

        Tensor result;                                                  // f·W_dec + b_dec, [token, d_out]
        if (SitesOf(pass.AsSaeLensAttaches).Any(s => s is SaeSite.ActsPre or SaeSite.ActsPost && pass.Wants(s)))
        {
            result = Decode(Activations(y, pass));
        }
        else
        {
            var fired = Fire(y, default);
            pass.Hooks?.Fired(fired);
            result = Decode(fired);
        }

        pass.At(SaeSite.Recons, result);

        if (foretold is not null && !pass.AsSaeLensAttaches)
            TensorPrimitives.Add(result.Span, foretold.Span, result.Span);
        if (Config.IsTranscoder)                                        // another value than x: x's scale means nothing to it
            return _w.Skip is null || pass.AsSaeLensAttaches ? result : Skipped(Flat(x), result);
        scaling?.Undo(result);
        return result.Reshape(x.Shape);
    }

    // What becomes of f·W_dec alone when b_dec is not taken from the input of an SAE whose encoder is its decoder: there is no b_dec then.
    private bool AddsDecoderBias => Config.ApplyBDecToInput || _w.Encoder is not null;

    /// <summary>[token, head, d_head] as [token, head · d_head]; checks the width.</summary>
    internal Tensor Flat(Tensor x)
    {
        if (x.Rank < 2 || (x.Shape[0] > 0 && x.Length / x.Shape[0] != Config.DIn) || (x.Rank == 2 && x.Shape[1] != Config.DIn) || (x.Rank > 2 && !Config.FlattensHeads))
            throw new SaeException($"{Name} encodes [token, {Config.DIn}]{(Config.FlattensHeads ? " or [token, head, d_head]" : "")}, but was given {x}.");
        return x.Reshape(x.Shape[0], Config.DIn);
    }

    /// <summary>y = norm(x) − b_dec, in place.</summary>
    private TokenScaling? Prepare(Tensor x)
    {
        var scaling = TokenScaling.Apply(Config, x);
        if (Config.ApplyBDecToInput)
        {
            for (var t = 0; t < x.Shape[0]; t++)
                TensorPrimitives.Subtract(x.Row(t), _w.DecoderBias.Span, x.Row(t));
        }

        return scaling;
    }

    /// <summary>A temporal SAE's prediction, taken from y in place; null for other kinds.</summary>
    private Tensor? Foretell(Tensor y, IReadOnlyList<int>? texts)
    {
        if (texts is not null && (texts.Any(n => n < 0) || texts.Sum(n => (long)n) != y.Shape[0]))
            throw new SaeException($"The texts have {texts.Sum(n => (long)n)} tokens together, but {y.Shape[0]} were given to {Name}.");
        return Config.Temporal is null ? null : TemporalPrediction.Take(y, texts ?? [y.Shape[0]], _w, Config);
    }

    /// <summary>y as it meets the encoder: λ·y in a temporal SAE.</summary>
    private Tensor ToEncoder(Tensor y)
    {
        if (Config.Temporal is null)
            return y;
        var scaled = y.Clone();
        TensorPrimitives.Multiply(scaled.Span, TemporalPrediction.Lambda(Config), scaled.Span);
        return scaled;
    }

    /// <summary>The features that fire, a block of tokens at a time.</summary>
    private SparseFeatures Fire(Tensor y, CancellationToken cancellation)
    {
        var features = new SparseFeatures(Config.DSae);
        var tokens = Math.Clamp(BlockValues / Config.DSae, 1, Math.Max(1, y.Shape[0]));
        var rented = ArrayPool<float>.Shared.Rent(tokens * Config.DSae);
        for (var first = 0; first < y.Shape[0]; first += tokens)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = y.Rows(first, Math.Min(tokens, y.Shape[0] - first));
            if (Config.Pursuit is { } pursuit)
            {
                foreach (var acts in MatchingPursuit.Encode(part, _w.Decoder, pursuit, cancellation))
                    features.AddToken([.. acts.Keys], [.. acts.Values]);
            }
            else
            {
                AddFired(part, new Tensor(rented.AsMemory(0, part.Shape[0] * Config.DSae), [part.Shape[0], Config.DSae]), features);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
        return features;
    }

    /// <summary>One block's features; <paramref name="s"/> is room for its products with the encoder, [token, d_sae].</summary>
    private void AddFired(Tensor y, Tensor s, SparseFeatures features)
    {
        (_w.Encoder ?? _w.Decoder).Encode(ToEncoder(y), s);
        var fired = new (int[] Features, float[] Values)[y.Shape[0]];
        _rule.FireAll(s, _rule.Bias(s), (t, f, v) => fired[t] = (f.ToArray(), v.ToArray()));
        foreach (var (f, v) in fired)
            features.AddToken(f, v);
    }

    /// <summary>Every feature of every token, shown before and after the activation function, [token, d_sae].</summary>
    private Tensor Activations(Tensor y, SaePass pass)
    {
        if (Config.Pursuit is not null)
        {
            var picked = Fire(y, default).ToDense();
            pass.At(SaeSite.ActsPost, picked);
            return picked;
        }

        var acts = Tensor.Uninitialized(y.Shape[0], Config.DSae);
        (_w.Encoder ?? _w.Decoder).Encode(ToEncoder(y), acts);
        Fire(acts, _rule, pass);
        return acts;
    }

    /// <summary>Products with the encoder, [token, f], to activations, in place.</summary>
    private static void Fire(Tensor s, FeatureRule rule, SaePass pass)
    {
        var gate = rule.Bias(s);
        pass.At(SaeSite.ActsPre, s);
        rule.FireAll(s, gate, (t, features, values) =>
        {
            var row = s.Row(t);
            row.Clear();
            for (var i = 0; i < features.Length; i++)
                row[features[i]] = values[i];
        });
        pass.At(SaeSite.ActsPost, s);
    }

    /// <summary>result + x·W_skipᵀ.</summary>
    private Tensor Skipped(Tensor x, Tensor result)
    {
        var skipped = Tensor.Uninitialized(result.Shape);
        TokenLinear.Apply(x, _w.Skip!, skipped);
        TensorPrimitives.Add(result.Span, skipped.Span, result.Span);
        return result;
    }
}
