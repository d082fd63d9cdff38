namespace FeatureInterp.Tests;

/// <summary>What a family computes with besides its weights.</summary>
internal sealed record TwinMaths
{
    public required Func<double, double> Activation { get; init; }

    /// <summary>Scores are divided by this.</summary>
    public required double ScoreDivisor { get; init; }

    public double? AttentionCap { get; init; }

    public double? LogitCap { get; init; }

    /// <summary>Whether attention and MLP both read what enters the block.</summary>
    public bool Parallel { get; init; }

    /// <summary>How many positions a layer sees; null for all.</summary>
    public Func<int, int?> Window { get; init; } = _ => null;

    /// <summary>How far each pair of a head's first values turns from one position to the next, in radians, by layer; none where positions are learned.</summary>
    public Func<int, double[]> Turns { get; init; } = _ => [];

    /// <summary>x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³)))</summary>
    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    /// <summary>x/2 · (1 + erf(x/√2)); erf by its series of terms of one sign, 2/√π · e^(−x²) · Σ 2ⁿx^(2n+1) / (2n+1)!!.</summary>
    public static double GeluErf(double x)
    {
        var z = x / Math.Sqrt(2);
        if (Math.Abs(z) > 6)
            return Math.Max(x, 0);
        double term = z, sum = z;
        for (var n = 1; n < 200; n++)
            sum += term *= 2 * z * z / (2 * n + 1);
        return 0.5 * x * (1 + 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum);
    }

    /// <summary>x / (1 + e^(−x))</summary>
    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    /// <summary>Radians a position for each pair of <paramref name="width"/> values, stretched as the shape says.</summary>
    public static double[] Rotary(TinyShape s, int width, double rotaryBase, TinyScaling scaling)
    {
        var turns = new double[width / 2];
        for (var i = 0; i < turns.Length; i++)
        {
            var plain = Math.Pow(rotaryBase, -2.0 * i / width);
            turns[i] = scaling switch
            {
                TinyScaling.Linear => plain / s.ScalingFactor,
                TinyScaling.Llama3 => Llama3(plain, s.ScalingFactor, TwinFamily.LowFactor, TwinFamily.HighFactor, s.OldContext),
                _ => plain,
            };
        }

        return turns;
    }

    /// <summary>Which of Llama 3.1's three bands a pair falls in: 0 kept, 1 between, 2 stretched.</summary>
    public static int Band(double turn, double low, double high, double oldContext)
    {
        var wavelength = 2 * Math.PI / turn;
        return wavelength < oldContext / high ? 0 : wavelength > oldContext / low ? 2 : 1;
    }

    private static double Llama3(double turn, double factor, double low, double high, double oldContext)
    {
        var smooth = (oldContext / (2 * Math.PI / turn) - low) / (high - low);
        return Band(turn, low, high, oldContext) switch
        {
            0 => turn,
            2 => turn / factor,
            _ => (1 - smooth) * turn / factor + smooth * turn,
        };
    }
}
