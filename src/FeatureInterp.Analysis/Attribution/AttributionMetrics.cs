using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Metrics with gradients as attributions need them.</summary>
internal static class AttributionMetrics
{
    /// <summary>logit(answer) − logit(other), or logit(answer), named by the tokens' texts.</summary>
    /// <exception cref="AnalysisException">A token is none of the model's, or there are several.</exception>
    public static LogitMetric Of(Transformer model, TokenChoice answer, TokenChoice? other)
    {
        var up = answer.Resolve(model, 1)[0];
        var metric = other is null ? LogitMetric.Logit(up) : LogitMetric.LogitDifference(up, other.Resolve(model, 1)[0]);
        return LogitMetric.Of(other is null ? $"logit of {answer}" : $"logit of {answer} minus {other}", metric.Evaluate, metric.Reads);
    }

    /// <summary>The metric of the one prompt, for a run of copies of it.</summary>
    public static LogitMetric OfCopies(LogitMetric metric) =>
        LogitMetric.Of(metric.Name, (logits, tokens, _, gradient) => metric.Evaluate(logits, tokens, 0, gradient), metric.Reads);

    /// <summary>The number alone.</summary>
    public static double Value(LogitMetric metric, Tensor logits, ReadOnlySpan<int> tokens, int prompt) =>
        metric.Evaluate(logits, tokens, prompt, Tensor.Zeros(logits.Shape));
}
