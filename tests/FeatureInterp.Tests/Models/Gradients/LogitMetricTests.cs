using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Metrics and their gradients against formulas written down once more and difference quotients of them.</summary>
public class LogitMetricTests
{
    private const int Vocab = 9;
    private static readonly int[] Tokens = [4, 0, 7, 2];
    private static readonly double[] Reference = Logits(2);

    public static TheoryData<string> Names => [.. Metrics.Keys];

    private static Dictionary<string, (LogitMetric Metric, Func<double[], double> Naive)> Metrics { get; } = new(StringComparer.Ordinal)
    {
        ["difference"] = (LogitMetric.LogitDifference(3, 5), l => Last(l)[3] - Last(l)[5]),
        ["of a token and itself"] = (LogitMetric.LogitDifference(3, 3), l => 0),
        ["logit"] = (LogitMetric.Logit(8), l => Last(l)[8]),
        ["log probability"] = (LogitMetric.LogProbability(1), l => Math.Log(Softmax(Last(l))[1])),
        ["divergence"] = (LogitMetric.Divergence(Of(Reference)), l => Kl(Last(Reference), Last(l))),
        ["divergence everywhere"] = (LogitMetric.Divergence(Of(Reference), LogitsAt.Every), l => Enumerable.Range(0, 4).Average(i => Kl(Row(Reference, i), Row(l, i)))),
        ["loss"] = (LogitMetric.Loss(), l => -Enumerable.Range(0, 3).Average(i => Math.Log(Softmax(Row(l, i))[Tokens[i + 1]]))),
    };

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_AnyLogits_IsTheFormulaAndItsDifferenceQuotient(string name)
    {
        const double Step = 1e-4;
        var (metric, naive) = Metrics[name];
        var logits = Logits(1);
        var gradient = Tensor.Zeros(4, Vocab);
        Assert.Equal(naive(logits), metric.Evaluate(Of(logits)[0], Tokens, 0, gradient), 1e-5);
        for (var i = 0; i < logits.Length; i++)
        {
            double[] up = [.. logits], down = [.. logits];
            up[i] += Step;
            down[i] -= Step;
            Assert.Equal((naive(up) - naive(down)) / (2 * Step), gradient.Span[i], 1e-6);
        }
    }

    [Fact]
    public void Evaluate_LastRowAlone_IsThatOfTheLastPosition()
    {
        foreach (var (metric, naive) in Metrics.Values.Where(m => m.Metric.Reads == LogitsAt.Last))
        {
            var (logits, gradient) = (Logits(1), Tensor.Zeros(1, Vocab));
            Assert.Equal(naive(logits), metric.Evaluate(Of(logits)[0].Rows(3, 1), Tokens, 0, gradient), 1e-5);
        }
    }

    [Fact]
    public void Evaluate_WhatDoesNotFit_IsRefused()
    {
        var (logits, gradient) = (Of(Logits(1))[0], Tensor.Zeros(4, Vocab));
        Assert.Contains("Token 9", Assert.Throws<PromptException>(() => LogitMetric.Logit(9).Evaluate(logits, Tokens, 0, gradient)).Message, StringComparison.Ordinal);
        Assert.Contains("Token -1", Assert.Throws<PromptException>(() => LogitMetric.LogProbability(-1).Evaluate(logits, Tokens, 0, gradient)).Message, StringComparison.Ordinal);
        Assert.Contains("prompt 2", Assert.Throws<PromptException>(() => LogitMetric.Logit(1, 2).Evaluate(logits, Tokens, 2, gradient)).Message, StringComparison.Ordinal);
        Assert.Contains("prompt 1", Assert.Throws<PromptException>(() => LogitMetric.Divergence(Of(Reference)).Evaluate(logits, Tokens, 1, gradient)).Message, StringComparison.Ordinal);
        Assert.Contains("at least two tokens", Assert.Throws<PromptException>(() => LogitMetric.Loss().Evaluate(logits.Rows(0, 1), [4], 0, gradient)).Message, StringComparison.Ordinal);
    }

    private static double[] Logits(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 4 * Vocab).Select(_ => (double)(float)(6 * random.NextDouble() - 3))];
    }

    private static Activation Of(double[] logits) => new("logits", new Tensor(Array.ConvertAll(logits, v => (float)v), 4, Vocab));

    private static double[] Row(double[] logits, int row) => logits[(row * Vocab)..((row + 1) * Vocab)];

    private static double[] Last(double[] logits) => Row(logits, 3);

    private static double[] Softmax(double[] row) => [.. row.Select(v => Math.Exp(v) / row.Sum(Math.Exp))];

    private static double Kl(double[] reference, double[] row) => Softmax(reference).Zip(Softmax(row), (p, q) => p * Math.Log(p / q)).Sum();
}
