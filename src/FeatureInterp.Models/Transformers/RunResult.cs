using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What a run gives back.</summary>
public sealed class RunResult
{
    private readonly Transformer _model;
    private readonly Tensor[]? _logits;
    private readonly Tensor? _residual;

    internal RunResult(Transformer model, TokenBatch batch, bool isWhole, Tensor output, Activations activations)
    {
        _model = model;
        Batch = batch;
        Activations = activations;
        if (isWhole)
            _logits = Split(batch, output);
        else
            _residual = output;
    }

    /// <summary>The tokens that were run.</summary>
    public TokenBatch Batch { get; }

    /// <summary>What the run kept.</summary>
    public Activations Activations { get; }

    /// <summary>The logits of each prompt, [pos, d_vocab] ([1, d_vocab] when only the last position was asked for).</summary>
    /// <exception cref="InvalidOperationException">The run stopped before the end.</exception>
    public Activation Logits => new("logits", _logits ?? throw new InvalidOperationException("This run stopped before the last layer, so it has no logits; leave out stopAtLayer."));

    /// <summary>The residual stream [row, d_model] where the run stopped.</summary>
    /// <exception cref="InvalidOperationException">The run went to the end.</exception>
    public Tensor Residual => _residual ?? throw new InvalidOperationException("This run went to the end; give stopAtLayer to get the residual stream.");

    /// <summary>The logits of a prompt's last token: what the model predicts next, [d_vocab].</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor LastLogits(int prompt = 0) => Logits.Last(prompt);

    /// <summary>The most probable next tokens after a prompt.</summary>
    /// <param name="count">How many.</param>
    /// <param name="prompt">The prompt.</param>
    public TokenRanking Top(int count = 10, int prompt = 0) => TokenRanking.Of(LastLogits(prompt).Span, count, _model.Tokenizer);

    /// <summary>
    /// The surprise at each token, in nats: −log p(token i+1 | tokens up to i), for i from 0 to the last but one.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>[pos − 1]</returns>
    public Tensor LossPerToken(int prompt = 0)
    {
        var logits = Logits[prompt];
        var tokens = Batch[prompt];
        if (logits.Shape[0] != tokens.Length)
            throw new InvalidOperationException("The loss needs the logits of every position; run with LogitsAt.Every.");
        var loss = Tensor.Zeros(Math.Max(tokens.Length - 1, 0));
        for (var i = 0; i + 1 < tokens.Length; i++)
            loss.Span[i] = Kernels.LogSumExp(logits.Row(i)) - logits[i, tokens[i + 1]];
        return loss;
    }

    /// <summary>The mean of <see cref="LossPerToken"/> over all predicted tokens of all prompts, in nats a token.</summary>
    /// <exception cref="PromptException">No prompt has a second token.</exception>
    public double Loss()
    {
        double sum = 0;
        var count = 0;
        for (var p = 0; p < Batch.Count; p++)
        {
            var loss = LossPerToken(p);
            foreach (var value in loss.Span)
                sum += value;
            count += loss.Length;
        }

        return count > 0 ? sum / count : throw new PromptException("The loss needs a prompt of at least two tokens.");
    }

    // One row a token, or one a prompt that has a token.
    private static Tensor[] Split(TokenBatch batch, Tensor output)
    {
        var result = new Tensor[batch.Count];
        var isEvery = output.Shape[0] == batch.RowCount;
        for (int p = 0, row = 0; p < result.Length; p++)
        {
            var count = isEvery ? batch.Length(p) : Math.Min(1, batch.Length(p));
            result[p] = output.Rows(row, count);
            row += count;
        }

        return result;
    }
}
