using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>The metric of a request: a mapping with one of <c>logit_difference</c> (<c>{answer: …, other: …}</c>), <c>logit</c> and <c>log_probability</c>.</summary>
internal static class MetricRequest
{
    /// <summary>Reads it.</summary>
    public static Metric Of(RequestValue value) => value.Map(map => map.OneOf<Metric>(
        ("logit_difference", m => m.Map(Difference)), ("logit", m => Metric.Logit(m.Tokens())), ("log_probability", m => Metric.LogProbability(m.Tokens()))));

    private static Metric Difference(RequestMap pair)
    {
        var (answer, other) = (pair.Need("answer", t => t.Tokens()), pair.Need("other", t => t.Tokens()));
        pair.Finish();
        return Metric.LogitDifference(answer, other);
    }
}
