using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A number made of one prompt's logits, and its gradient.</summary>
/// <param name="logits">[pos, d_vocab], or [1, d_vocab] where only the last position is read; the last row is the last position's.</param>
/// <param name="tokens">The prompt's token ids.</param>
/// <param name="prompt">Its index.</param>
/// <param name="gradient">d(number)/d(logits) is written into this; it comes as zeros, of the shape of the logits.</param>
/// <returns>The number.</returns>
public delegate double LogitGradient(Tensor logits, ReadOnlySpan<int> tokens, int prompt, Tensor gradient);

/// <summary>One number that says how a model answers a prompt, made from its logits, with its gradient: where a gradient run starts back from.</summary>
public sealed class LogitMetric
{
    private readonly LogitGradient _of;

    private LogitMetric(string name, LogitsAt reads, LogitGradient of)
    {
        Name = name;
        Reads = reads;
        _of = of;
    }

    /// <summary>What is measured, for titles.</summary>
    public string Name { get; }

    /// <summary>Which positions' logits it reads; the last alone costs a model much less.</summary>
    public LogitsAt Reads { get; }

    /// <summary>logit(answer) − logit(other) at a prompt's last token.</summary>
    /// <param name="answers">The token that counts up; one, or one for each prompt.</param>
    /// <param name="others">The token that counts down; one, or one for each prompt.</param>
    public static LogitMetric LogitDifference(int[] answers, int[] others) =>
        Of($"logit of {Names(answers)} minus {Names(others)}", (logits, _, prompt, gradient) =>
        {
            var (up, down) = (Token(answers, prompt, logits), Token(others, prompt, logits));
            Last(gradient)[up] += 1;
            Last(gradient)[down] -= 1;
            return (double)Last(logits)[up] - Last(logits)[down];
        }, LogitsAt.Last);

    /// <summary>logit(answer) − logit(other) at a prompt's last token.</summary>
    /// <param name="answer">The token that counts up.</param>
    /// <param name="other">The token that counts down.</param>
    public static LogitMetric LogitDifference(int answer, int other) => LogitDifference([answer], [other]);

    /// <summary>logit(answer) at a prompt's last token.</summary>
    /// <param name="answers">The token; one, or one for each prompt.</param>
    public static LogitMetric Logit(params int[] answers) =>
        Of($"logit of {Names(answers)}", (logits, _, prompt, gradient) =>
        {
            Last(gradient)[Token(answers, prompt, logits)] = 1;
            return Last(logits)[Token(answers, prompt, logits)];
        }, LogitsAt.Last);

    /// <summary>log p(answer) after a prompt's last token, in nats.</summary>
    /// <param name="answers">The token; one, or one for each prompt.</param>
    public static LogitMetric LogProbability(params int[] answers) =>
        Of($"log-probability of {Names(answers)}", (logits, _, prompt, gradient) => LogProbability(Last(logits), Token(answers, prompt, logits), 1, Last(gradient)), LogitsAt.Last);

    /// <summary>KL(reference ‖ model) = Σ p·(log p − log q) over the vocabulary, in nats, p the softmax of the reference's logits and q of the model's, the mean over the positions read.</summary>
    /// <param name="reference">Logits of the same prompts, [pos, d_vocab] each, such as <see cref="RunResult.Logits"/> of another run; of the last position alone when that is all that is read.</param>
    /// <param name="reads">Which positions are compared.</param>
    public static LogitMetric Divergence(Activation reference, LogitsAt reads = LogitsAt.Last) =>
        Of("divergence from the reference", (logits, _, prompt, gradient) =>
        {
            if (prompt >= reference.Count || reference[prompt].Shape[^1] != logits.Shape[1] || (reads == LogitsAt.Every && reference[prompt].Shape[0] != logits.Shape[0]))
                throw new PromptException($"The reference has no logits of prompt {prompt} that fit {logits}; give the logits of a run of the same prompts, with the same LogitsAt.");
            var count = reads == LogitsAt.Last ? 1 : logits.Shape[0];
            double sum = 0;
            for (var back = 1; back <= count; back++)
                sum += Divergence(reference[prompt].Row(reference[prompt].Shape[0] - back), logits.Row(logits.Shape[0] - back), count, gradient.Row(gradient.Shape[0] - back));
            return sum / count;
        }, reads);

    /// <summary>The mean of −log p(next token) over a prompt's tokens but the last, in nats.</summary>
    public static LogitMetric Loss() =>
        Of("loss", (logits, tokens, prompt, gradient) =>
        {
            if (tokens.Length < 2)
                throw new PromptException($"The loss needs a prompt of at least two tokens; prompt {prompt} has one.");
            double sum = 0;
            for (var i = 0; i + 1 < tokens.Length; i++)
                sum -= LogProbability(logits.Row(i), tokens[i + 1], -1f / (tokens.Length - 1), gradient.Row(i));
            return sum / (tokens.Length - 1);
        });

    /// <summary>Any number made of a prompt's logits, with its gradient.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="of">Gives the number and writes its gradient.</param>
    /// <param name="reads">Which positions it reads.</param>
    public static LogitMetric Of(string name, LogitGradient of, LogitsAt reads = LogitsAt.Every) => new(name, reads, of);

    /// <summary>The number of one prompt.</summary>
    /// <param name="logits">[pos, d_vocab], or [1, d_vocab] where only the last position is read.</param>
    /// <param name="tokens">The prompt's token ids.</param>
    /// <param name="prompt">Its index.</param>
    /// <param name="gradient">Zeros of the logits' shape; the gradient is written into them.</param>
    /// <exception cref="PromptException">The metric does not fit the prompt.</exception>
    public double Evaluate(Tensor logits, ReadOnlySpan<int> tokens, int prompt, Tensor gradient) => _of(logits, tokens, prompt, gradient);

    /// <inheritdoc/>
    public override string ToString() => Name;

    // log p, and its gradient times a weight: (one-hot − p)·weight.
    private static double LogProbability(ReadOnlySpan<float> logits, int token, float weight, Span<float> gradient)
    {
        Kernels.Softmax(logits, gradient);
        TensorPrimitives.Multiply(gradient, -weight, gradient);
        gradient[token] += weight;
        return (double)logits[token] - Kernels.LogSumExp(logits);
    }

    // KL of one position, and its gradient: (q − p) / count.
    private static double Divergence(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits, int count, Span<float> gradient)
    {
        var p = new float[reference.Length];
        Kernels.Softmax(reference, p);
        Kernels.Softmax(logits, gradient);
        double shift = (double)Kernels.LogSumExp(reference) - Kernels.LogSumExp(logits), sum = 0;
        for (var i = 0; i < p.Length; i++)
            sum += p[i] > 0 ? p[i] * ((double)reference[i] - logits[i] - shift) : 0;
        TensorPrimitives.Subtract(gradient, p, gradient);
        TensorPrimitives.Divide(gradient, count, gradient);
        return sum;
    }

    private static Span<float> Last(Tensor rows) => rows.Row(rows.Shape[0] - 1);

    private static string Names(int[] tokens) => tokens.Length == 1 ? $"token {tokens[0]}" : "the answer";

    private static int Token(int[] tokens, int prompt, Tensor logits)
    {
        if (tokens.Length != 1 && prompt >= tokens.Length)
            throw new PromptException($"The metric has {tokens.Length} tokens, but there is a prompt {prompt}; give one token, or one for each prompt.");
        var token = tokens.Length == 1 ? tokens[0] : tokens[prompt];
        return (uint)token < (uint)logits.Shape[1] ? token : throw new PromptException($"Token {token} of the metric is not in the vocabulary (0 to {logits.Shape[1] - 1}).");
    }
}
