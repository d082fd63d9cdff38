namespace FeatureInterp.Analysis;

/// <summary>
/// The random numbers that Python's <c>random</c> and PyTorch's CPU generator draw from: MT19937 of Matsumoto and Nishimura (1998), 32 bits at a time. Only for choices that
/// have to be those of a published pipeline.
/// </summary>
internal sealed class MersenneTwister
{
    private const int Size = 624;
    private const int Shift = 397;

    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    private MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (var i = 1; i < Size; i++)
            _state[i] = 1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30)) + (uint)i;
    }

    /// <summary>As <c>torch.manual_seed(seed)</c> leaves the CPU generator.</summary>
    public static MersenneTwister Torch(uint seed) => new(seed);

    /// <summary>As <c>random.seed(seed)</c> leaves Python's generator: the seed is taken as a list of one number.</summary>
    public static MersenneTwister Python(uint seed)
    {
        var twister = new MersenneTwister(19650218);
        var state = twister._state;
        var at = 1;
        for (var step = 0; step < Size; step++)
        {
            state[at] = (state[at] ^ ((state[at - 1] ^ (state[at - 1] >> 30)) * 1664525)) + seed;
            at = Following(state, at);
        }

        for (var step = 0; step < Size - 1; step++)
        {
            state[at] = (state[at] ^ ((state[at - 1] ^ (state[at - 1] >> 30)) * 1566083941)) - (uint)at;
            at = Following(state, at);
        }

        state[0] = 0x80000000;
        return twister;
    }

    /// <summary>The next 32 bits.</summary>
    public uint Next()
    {
        if (_next == Size)
            Renew();
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >> 18);
    }

    /// <summary>Python's choice of a whole number below <paramref name="end"/>: as many of the upper bits as the end has, again until they are below it.</summary>
    /// <param name="end">At least 1.</param>
    public int Below(int end)
    {
        var bits = 32 - int.LeadingZeroCount(end);
        uint drawn;
        do
            drawn = Next() >> (32 - bits);
        while (drawn >= (uint)end);
        return (int)drawn;
    }

    private static int Following(uint[] state, int at)
    {
        if (at + 1 < Size)
            return at + 1;
        state[0] = state[Size - 1];
        return 1;
    }

    private void Renew()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7fffffff);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) * 0x9908b0df);
        }

        _next = 0;
    }
}
