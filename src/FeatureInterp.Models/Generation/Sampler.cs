using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Chooses next tokens for one prompt: filters the logits, then draws. Each sampler has its own random stream.</summary>
internal sealed class Sampler(Sampling sampling, int prompt)
{
    // Below this the quotients run out of fp32's range, and what is drawn is the largest logit anyway.
    private const float GreedyBelow = 1e-6f;

    private float[]? _filtered;
    private float[]? _probabilities;
    private ulong _state = Mix((ulong)sampling.Seed ^ Mix((ulong)prompt + 1));

    /// <summary>The next token.</summary>
    /// <param name="logits">[d_vocab]; left as they are.</param>
    /// <param name="previous">The text so far, prompt included.</param>
    public int Next(ReadOnlySpan<float> logits, IReadOnlyList<int> previous)
    {
        if (sampling.Temperature < GreedyBelow && sampling.RepetitionPenalty == 1)
            return TensorPrimitives.IndexOfMax(logits);

        // Kept from token to token: a vocabulary's worth of numbers is slow to allocate.
        _filtered ??= new float[logits.Length];
        var filtered = _filtered.AsSpan(0, logits.Length);
        logits.CopyTo(filtered);
        if (sampling.Temperature < GreedyBelow)
        {
            Repetition(filtered, previous);
            return TensorPrimitives.IndexOfMax<float>(filtered);
        }

        Filter(filtered, previous);
        return Draw(filtered);
    }

    /// <summary>What is drawn from: logits in place, −∞ where a token is ruled out.</summary>
    public void Filter(Span<float> logits, IReadOnlyList<int> previous)
    {
        Repetition(logits, previous);
        TensorPrimitives.Divide(logits, sampling.Temperature, logits);
        if (sampling.FrequencyPenalty != 0)
        {
            foreach (var token in previous)
                logits[token] -= sampling.FrequencyPenalty;
        }

        if (sampling.TopK is { } k)
            KeepTop(logits, k);
        else if (sampling.TopP < 1)
            KeepNucleus(logits, sampling.TopP);
    }

    private void Repetition(Span<float> logits, IReadOnlyList<int> previous)
    {
        if (sampling.RepetitionPenalty == 1)
            return;
        foreach (var token in previous.Distinct())
            logits[token] = logits[token] > 0 ? logits[token] / sampling.RepetitionPenalty : logits[token] * sampling.RepetitionPenalty;
    }

    private static void KeepTop(Span<float> logits, int k)
    {
        var best = new float[Math.Min(k, logits.Length)];
        Kernels.TopK(logits, new int[best.Length], best);
        for (var i = 0; i < logits.Length; i++)
            logits[i] = logits[i] < best[^1] ? float.NegativeInfinity : logits[i];
    }

    // A token stays while the probability of those above it is not yet more than p, so the one that crosses p stays too.
    private static void KeepNucleus(Span<float> logits, float p)
    {
        var order = new int[logits.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var sorted = logits.ToArray();
        TensorPrimitives.Negate(sorted, sorted);
        Array.Sort(sorted, order);
        var probabilities = new float[logits.Length];
        Kernels.Softmax(logits, probabilities);
        float above = 0;
        foreach (var token in order)
        {
            if (above > p)
                logits[token] = float.NegativeInfinity;
            above += probabilities[token];
        }
    }

    private int Draw(Span<float> logits)
    {
        _probabilities ??= new float[logits.Length];
        var probabilities = _probabilities.AsSpan(0, logits.Length);
        Kernels.Softmax(logits, probabilities);
        var threshold = NextUnit() * TensorPrimitives.Sum<float>(probabilities);
        double sum = 0;
        var last = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] <= 0)
                continue;
            last = i;
            sum += probabilities[i];
            if (sum > threshold)
                break;
        }

        return last;
    }

    // SplitMix64 (Steele, Lea, Flood 2014): a number from 0 up to 1 from the upper 53 bits.
    private double NextUnit()
    {
        _state += 0x9E3779B97F4A7C15;
        return (Mix(_state) >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
