using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// One number that says how a model answers a prompt, made from its logits: what an analysis tries to move or to explain.
/// </summary>
public sealed class Metric
{
    private readonly Func<Transformer, int, Func<Tensor, int, double>> _bind;

    private Metric(string name, LogitsAt reads, Func<Transformer, int, Func<Tensor, int, double>> bind)
    {
        Name = name;
        Reads = reads;
        _bind = bind;
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
        });

    /// <summary>logit(answer) at a prompt's last token.</summary>
    /// <param name="answer">The token; one, or one for each prompt.</param>
    public static Metric Logit(TokenChoice answer) =>
        new($"logit of {answer}", LogitsAt.Last, (model, prompts) =>
        {
            var tokens = answer.Resolve(model, prompts);
            return (logits, prompt) => Last(logits)[tokens[prompt]];
        });

    /// <summary>log p(answer) after a prompt's last token, in nats.</summary>
    /// <param name="answer">The token; one, or one for each prompt.</param>
    public static Metric LogProbability(TokenChoice answer) =>
        new($"log-probability of {answer}", LogitsAt.Last, (model, prompts) =>
        {
            var tokens = answer.Resolve(model, prompts);
            return (logits, prompt) => (double)Last(logits)[tokens[prompt]] - Kernels.LogSumExp(Last(logits));
        });

    /// <summary>Any number made of a prompt's logits.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="of">Is given one prompt's logits: [pos, d_vocab], or [1, d_vocab] when it reads the last position alone.</param>
    /// <param name="reads">Which positions it reads.</param>
    public static Metric Of(string name, Func<Tensor, double> of, LogitsAt reads = LogitsAt.Every) =>
        new(name, reads, (_, _) => (logits, _) => of(logits));

    /// <summary>The metric of one model and a number of prompts, as a function of one prompt's logits and its index.</summary>
    /// <exception cref="AnalysisException">A token is none of the model's.</exception>
    internal Func<Tensor, int, double> Bind(Transformer model, int prompts) => _bind(model, prompts);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Span<float> Last(Tensor logits) => logits.Row(logits.Shape[0] - 1);
}
