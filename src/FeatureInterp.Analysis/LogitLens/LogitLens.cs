using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// The logit lens: what the model would predict if the residual stream that enters a block were the last one. Each layer's stream goes through the model's own last norm,
/// unembedding and soft cap; the last row is what the model predicts. Definition: nostalgebraist (2020).
/// </summary>
public static class LogitLens
{
    /// <summary>Runs a prompt and reads the stream at every layer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">One text, or one list of token ids.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block and layer.</param>
    /// <exception cref="PromptException">The prompt is empty or too long.</exception>
    /// <exception cref="AnalysisException">More than one prompt was given, a token is none of the model's, there is no such position, or an option makes no sense.</exception>
    public static LogitLensResult Run(Transformer model, Prompts prompt, LogitLensOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new LogitLensOptions();
        options.Validate();
        var stream = ResidualStream.Run(model, prompt, new() { Processing = model.Processing }, cancellation);
        if (stream.Tokens.Count != 1)
            throw new AnalysisException($"A logit lens reads one prompt, but {stream.Tokens.Count} were given; make one of each.");
        int[]? followed = options.Tokens is { } asked ? [.. asked.Select(t => t.Resolve(model, 1)[0])] : null;
        var stack = stream.Accumulated(inclMid: options.InclMid, at: options.Positions);
        var tokens = stream.Tokens[0];
        int[] positions = [.. stack.Positions[0]];
        int[] at = Array.ConvertAll(positions, p => tokens[p]);
        followed ??= [Best(stream.LastLogits().Span)];

        var rows = new LensRow[stack.Labels.Count];
        for (var l = 0; l < rows.Length; l++)
        {
            // A run of no block: the last norm, the unembedding and the soft cap of the model itself.
            var logits = model.Run(at, startAtLayer: model.Config.Layers, residual: stack[0][l], cancellation: cancellation).Logits[0];
            rows[l] = new LensRow(stack.Labels[l], [.. positions.Select((_, i) => Cell(logits.Row(i), followed, options.Top, model))]);
        }

        return new LogitLensResult
        {
            TokenTexts = stack.TokenTexts[0],
            Positions = positions,
            Followed = [.. followed.Select(t => TokenText.Of(model, t))],
            FollowedTokens = followed,
            Rows = rows,
            Provenance = stream.Provenance,
        };
    }

    private static LensCell Cell(ReadOnlySpan<float> logits, int[] followed, int top, Transformer model)
    {
        var normalizer = Kernels.LogSumExp(logits);
        var (probabilities, ranks) = (new double[followed.Length], new int[followed.Length]);
        for (var f = 0; f < followed.Length; f++)
        {
            var logit = logits[followed[f]];
            probabilities[f] = Math.Exp((double)logit - normalizer);
            for (var t = 0; t < logits.Length; t++)
            {
                if (logits[t] > logit || (logits[t] == logit && t < followed[f]))
                    ranks[f]++;
            }
        }

        return new LensCell(TokenRanking.Of(logits, top, model.Tokenizer), probabilities, ranks);
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var t = 1; t < logits.Length; t++)
        {
            if (logits[t] > logits[best])
                best = t;
        }

        return best;
    }
}
