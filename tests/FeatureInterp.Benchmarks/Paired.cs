using System.Diagnostics;

namespace FeatureInterp.Benchmarks;

/// <summary>
/// Times several pieces of work in turn, over and over: what disturbs one repetition disturbs all of its pieces, so ratios
/// within a repetition are worth more than times. Medians are over repetitions. With one thread, time can be <see cref="ProcessorClock"/>'s.
/// </summary>
internal sealed class Paired(int repetitions, bool processorTime = false)
{
    private readonly List<(string Name, Action Work, double Amount)> _pieces = [];
    private readonly Dictionary<string, double[]> _rates = [];

    /// <summary>Adds a piece of work; <paramref name="amount"/> is what one call does, in the unit rates are wanted in.</summary>
    public Paired Add(string name, double amount, Action work)
    {
        _pieces.Add((name, work, amount));
        return this;
    }

    public Paired Run(double millisecondsEach = 30)
    {
        var calls = new int[_pieces.Count];
        WarmUp();
        foreach (var (name, _, _) in _pieces)
            _rates[name] = new double[repetitions];
        for (var i = 0; i < calls.Length; i++)
        {
            _pieces[i].Work();
            calls[i] = Math.Clamp((int)(millisecondsEach / 1000 / Seconds(_pieces[i].Work, 1)), 1, 1_000_000);
        }

        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            for (var i = 0; i < calls.Length; i++)
                _rates[_pieces[i].Name][repetition] = _pieces[i].Amount / Seconds(_pieces[i].Work, calls[i]);
        }

        return this;
    }

    // Until the runtime has compiled what is not compiled in full at once: it does so in the background after some thirty calls.
    private void WarmUp()
    {
        for (var round = 0; round < 5; round++)
        {
            foreach (var (_, work, _) in _pieces)
            {
                var start = Stopwatch.GetTimestamp();
                for (var call = 0; call < 40 && Stopwatch.GetElapsedTime(start).TotalMilliseconds < 100; call++)
                    work();
            }

            Thread.Sleep(150);
        }
    }

    public bool Has(string name) => _rates.ContainsKey(name);

    /// <summary>The median rate, in amounts per second.</summary>
    public double Rate(string name) => Median(_rates[name]);

    /// <summary>The best repetition's rate.</summary>
    public double Best(string name) => _rates[name].Max();

    /// <summary>The median over repetitions of one rate divided by another.</summary>
    public double Ratio(string name, string baseline) =>
        Median([.. _rates[name].Zip(_rates[baseline], (a, b) => a / b)]);

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private double Seconds(Action work, int calls)
    {
        var start = Now();
        for (var call = 0; call < calls; call++)
            work();
        return (Now() - start) / calls;
    }

    private double Now() => processorTime ? ProcessorClock.Seconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
}
