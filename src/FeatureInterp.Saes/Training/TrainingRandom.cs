using System.Numerics;

namespace FeatureInterp.Saes;

/// <summary>
/// xoshiro256** (Blackman and Vigna 2018), seeded by splitmix64: a source of random numbers whose state can be kept in a checkpoint, which the
/// runtime's own cannot.
/// </summary>
internal sealed class TrainingRandom
{
    private readonly ulong[] _s = new ulong[4];

    public TrainingRandom(long seed)
    {
        var state = (ulong)seed;
        for (var i = 0; i < 4; i++)
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            _s[i] = z ^ (z >> 31);
        }
    }

    /// <summary>Four numbers from which it goes on as before.</summary>
    public long[] State
    {
        get => [.. _s.Select(v => (long)v)];
        set
        {
            for (var i = 0; i < 4; i++)
                _s[i] = (ulong)value[i];
        }
    }

    /// <summary>Evenly from 0 to below 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Evenly from 0 to below <paramref name="limit"/> (Lemire 2019, without the rejection: the bias is below 2⁻³²).</summary>
    public int Next(int limit) => (int)Math.BigMul(Next(), (ulong)limit, out _);

    /// <summary>Fisher and Yates's shuffle.</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    private ulong Next()
    {
        var result = BitOperations.RotateLeft(_s[1] * 5, 7) * 9;
        var t = _s[1] << 17;
        _s[2] ^= _s[0];
        _s[3] ^= _s[1];
        _s[1] ^= _s[2];
        _s[0] ^= _s[3];
        _s[2] ^= t;
        _s[3] = BitOperations.RotateLeft(_s[3], 45);
        return result;
    }
}
