using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// One number that says how a model answers a prompt, made from its logits: what an analysis tries to move or to explain.
/// </summary>
public sealed class Metric
{
    private readonly Func<Transformer, int, Func<Tensor, int, double>> _bind;
    private readonly Func<Transformer, int, LogitMetric>? _withGradient;

    private Metric(string name, LogitsAt reads, Func<Transformer, int, Func<Tensor, int, double>> bind, Func<Transformer, int, LogitMetric>? withGradient = null)
    {
        Name = name;
        Reads = reads;
        _bind = bind;
        _withGradient = withGradient;
    }

    /// <summary>What is measured, for titles.</summary>
    public string Name { get; }

    /// <summary>Which positions' logits it reads; the last alone costs a model much less.</summary>
    public LogitsAt Reads { get; }

    /// <summary>logit(answer) − logit(other) at a prompt's last token.</summary>
    /// <param name="answer">The token that counts up; one, or one for each prompt.</param>
    /// <param name="other">The token that counts down.</param>
    public static Metric LogitDifference(TokenChoice answer, TokenChoice other) =>
        new($"logit of {answer} minus {other}", LogitsAt.Last, (model, prompts) =>
        {
            var (up, down) = (answer.Resolve(model, prompts), other.Resolve(model, prompts));
            return (logits, prompt) => (double)Last(logits)[up[prompt]] - Last(logits)[down[prompt]];
        }, (model, prompts) => LogitMetric.LogitDifference(answer.Resolve(model, prompts), other.Resolve(model, prompts)));

    /// <summary>logit(answer) at a prompt's last token.</summary>
    /// <param name="answer">The token; one, or one for each prompt.</param>
    public static Metric Logit(TokenChoice answer) =>
        new($"logit of {answer}", LogitsAt.Last, (model, prompts) =>
        {
            var tokens = answer.Resolve(model, prompts);
            return (logits, prompt) => Last(logits)[tokens[prompt]];
        }, (model, prompts) => LogitMetric.Logit(answer.Resolve(model, prompts)));

    /// <summary>log p(answer) after a prompt's last token, in nats.</summary>
    /// <param name="answer">The token; one, or one for each prompt.</param>
    public static Metric LogProbability(TokenChoice answer) =>
        new($"log-probability of {answer}", LogitsAt.Last, (model, prompts) =>
        {
            var tokens = answer.Resolve(model, prompts);
            return (logits, prompt) => (double)Last(logits)[tokens[prompt]] - Kernels.LogSumExp(Last(logits));
        }, (model, prompts) => LogitMetric.LogProbability(answer.Resolve(model, prompts)));

    /// <summary>Any number made of a prompt's logits.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="of">Is given one prompt's logits: [pos, d_vocab], or [1, d_vocab] when it reads the last position alone.</param>
    /// <param name="reads">Which positions it reads.</param>
    public static Metric Of(string name, Func<Tensor, double> of, LogitsAt reads = LogitsAt.Every) =>
        new(name, reads, (_, _) => (logits, _) => of(logits));

    /// <summary>The same number with its gradient d(metric)/d(logits), under the same name.</summary>
    /// <param name="model">The model whose tokens are meant.</param>
    /// <param name="prompts">How many prompts there will be.</param>
    /// <exception cref="AnalysisException">A token is none of the model's, or the metric was made of any function, whose gradient is not known.</exception>
    public LogitMetric WithGradient(Transformer model, int prompts = 1)
    {
        if (_withGradient is null)
            throw new AnalysisException($"The gradient of {Name} is not known; make a LogitMetric with LogitMetric.Of, or take one of the metrics of tokens.");
        var metric = _withGradient(model, prompts);
        return LogitMetric.Of(Name, metric.Evaluate, metric.Reads);
    }

    /// <summary>The metric of one model and a number of prompts, as a function of one prompt's logits and its index.</summary>
    /// <exception cref="AnalysisException">A token is none of the model's.</exception>
    internal Func<Tensor, int, double> Bind(Transformer model, int prompts) => _bind(model, prompts);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Span<float> Last(Tensor logits) => logits.Row(logits.Shape[0] - 1);
}
