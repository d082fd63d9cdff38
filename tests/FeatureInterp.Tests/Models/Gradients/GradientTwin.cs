using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Checks gradients against difference quotients of the twin in double precision.</summary>
internal static class GradientTwin
{
    private const double Step = 1e-5;

    /// <summary>Which numbers a metric makes of the twin's logits [pos, vocab].</summary>
    public delegate double Metric(double[] logits, int[] tokens, int vocab);

    /// <summary>logit(1) − logit(0) at the last token.</summary>
    public static double LogitDifference(double[] logits, int[] tokens, int vocab) => logits[^(vocab - 1)] - logits[^vocab];

    /// <summary>
    /// Along a random direction and along the coordinate of the largest gradient: the sum of gradient times direction is the difference quotient.
    /// Masked scores, −∞, are left alone.
    /// </summary>
    /// <param name="tiny">The model.</param>
    /// <param name="options">How it is loaded.</param>
    /// <param name="tokens">One prompt.</param>
    /// <param name="hook">Where the gradient is.</param>
    /// <param name="gradient">The gradient found there.</param>
    /// <param name="metric">What it is the gradient of.</param>
    /// <param name="edit">Changes the twin's values on the way, before the hook is shifted.</param>
    public static void AssertGradient(
        TinyModel tiny, LoadOptions options, int[] tokens, string hook, ReadOnlySpan<float> gradient, Metric metric, Action<string, TwinValue>? edit = null)
    {
        var g = gradient.ToArray();
        var largest = Enumerable.Range(0, g.Length).MaxBy(i => Math.Abs(g[i]));
        foreach (var direction in new[] { Random(g.Length, 1), Coordinate(g.Length, largest) })
        {
            double found = 0, size = 0;
            for (var i = 0; i < g.Length; i++)
            {
                found += g[i] * direction[i];
                size += Math.Abs(g[i] * direction[i]);
            }

            var wanted = (Shifted(direction, Step) - Shifted(direction, -Step)) / (2 * Step);
            Assert.True(Math.Abs(found - wanted) <= 5e-5 * size + 1e-6, $"{hook}: {found} along the direction, the difference quotient is {wanted} ({tiny.Shape}, {options.Processing})");
        }

        double Shifted(double[] direction, double step)
        {
            var twin = new ModelTwin(tiny, options)
            {
                Inputs = [hook],
                Edit = (name, value) =>
                {
                    edit?.Invoke(name, value);
                    for (var i = 0; name == hook && i < value.Values.Length; i++)
                        value.Values[i] += step * direction[i];
                },
            };
            return metric(twin.Run(tokens), tokens, tiny.Shape.Vocab);
        }
    }

    private static double[] Random(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => 2 * random.NextDouble() - 1)];
    }

    private static double[] Coordinate(int length, int index)
    {
        var direction = new double[length];
        direction[index] = 1;
        return direction;
    }
}
