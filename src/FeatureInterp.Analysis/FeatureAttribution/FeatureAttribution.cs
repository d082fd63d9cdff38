using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// Direct logit attribution of SAE features and of attention heads: what each adds to a logit, or to the difference of two, by the stream alone, with the last norm's scale held at
/// what it was. For a feature f·W_dec[f]·(u[token] − u[incorrect])/scale, u being W_U's column with the last norm's gain folded in. What later layers make of a feature is not in it.
/// </summary>
public static class FeatureAttribution
{
    /// <summary>Attributes a logit to the features that fire at one position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE; it reads and writes the residual stream, what a layer adds to it, or an attention layer's z where no norm follows.</param>
    /// <param name="prompt">One text, or one list of token ids.</param>
    /// <param name="token">The token whose logit it is.</param>
    /// <param name="incorrect">The token whose logit is taken off; none if left out.</param>
    /// <param name="position">The position; the last if left out, a negative one counts from the end.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">The prompt is empty or too long.</exception>
    /// <exception cref="AnalysisException">The SAE is a transcoder or rescales each token, its vectors are not of the stream, or there is no such token or position.</exception>
    public static FeatureAttributionResult Run(
        Transformer model, SparseAutoencoder sae, Prompts prompt, TokenChoice token, TokenChoice? incorrect = null, int position = -1, CancellationToken cancellation = default)
    {
        sae.For(model);
        if (sae.Config.IsTranscoder || sae.Config.Normalization == SaeNormalization.LayerNorm)
            throw new AnalysisException($"{sae.Name} {(sae.Config.IsTranscoder ? "is a transcoder" : "rescales every token")}, so its features are not summands of what it reads; take an SAE of the stream.");
        var last = new HookPoint(HookSite.ResidPost, model.Config.Layers - 1);
        var run = model.Run(prompt, capture: (HookPoint[])[sae.Config.Hook, last], cancellation: cancellation);
        if (run.Batch.Count != 1)
            throw new AnalysisException($"An attribution is of one prompt, but {run.Batch.Count} were given; make one of each.");
        var tokens = run.Batch[0].ToArray();
        var at = ((PositionSlice)position).Of(tokens.Length)[0];
        var (up, down) = (token.Resolve(model, 1)[0], incorrect?.Resolve(model, 1)[0]);

        var folded = model.WithProcessing(model.Processing with { FoldLn = true });
        var direction = LogitAttribution.Direction(folded, up, down);                        // [d_model]
        var stream = run.Activations[last][0].Rows(at, 1);
        var scale = model.LensWeights.FinalScale(stream).Span[0];
        double Along(ReadOnlySpan<float> vector) => TensorPrimitives.Dot(vector, direction.Span) / (double)scale;

        var read = run.Activations[sae.Config.Hook][0];                                      // [pos, d_in], or [pos, head, d_head]
        var width = read.Length / tokens.Length;
        var fired = sae.Encode(read, cancellation, [tokens.Length]).On(at);
        var written = ToStream(model, sae.Config.Hook, fired.Select(f => sae.Direction(f.Feature)).ToArray(), width);
        FeaturePart[] parts = [.. fired.Select((f, i) => new FeaturePart(f.Feature, f.Value, f.Value * Along(written.Row(i)))).OrderByDescending(p => Math.Abs(p.Logits)).ThenBy(p => p.Feature)];

        var original = read.Span.Slice(at * width, width).ToArray();
        var made = sae.Reconstruct(read, [tokens.Length]).Span.Slice(at * width, width).ToArray();
        var both = ToStream(model, sae.Config.Hook, [original, made], width);
        double whole = Along(both.Row(0)), reconstructed = Along(both.Row(1));
        var bias = folded.LensWeights.b_U();
        var logits = run.Logits[0].Row(at);
        return new FeatureAttributionResult
        {
            Name = $"{token}{(incorrect is null ? "" : $" minus {incorrect}")} at '{TokenText.Of(model, tokens[at])}'",
            Features = parts,
            DecoderBias = reconstructed - parts.Sum(p => p.Logits),
            Error = whole - reconstructed,
            Rest = Along(stream.Span) - whole,
            UnembedBias = bias.Span[up] - (down is { } d ? bias.Span[d] : 0),
            Logit = logits[up] - (down is { } e ? logits[e] : 0),
            Provenance = Provenance.Of(model, sae, [tokens]),
        };
    }

    /// <summary>Attributes a logit to every attention head at one position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">One text, or one list of token ids.</param>
    /// <param name="token">The token whose logit it is.</param>
    /// <param name="incorrect">The token whose logit is taken off; none if left out.</param>
    /// <param name="position">The position; the last if left out.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="PromptException">The prompt is empty or too long.</exception>
    /// <exception cref="AnalysisException">More than one prompt was given, or there is no such token or position.</exception>
    public static HeadAttributionResult Heads(
        Transformer model, Prompts prompt, TokenChoice token, TokenChoice? incorrect = null, int position = -1, CancellationToken cancellation = default)
    {
        var stream = ResidualStream.Run(model, prompt, cancellation: cancellation);
        if (stream.Tokens.Count != 1)
            throw new AnalysisException($"An attribution is of one prompt, but {stream.Tokens.Count} were given; make one of each.");
        var heads = stream.HeadResults(throughPostNorm: true, at: position, cancellation: cancellation);
        var values = stream.LogitAttributions(heads, token, incorrect)[0];                   // [layer · head, 1]
        return new HeadAttributionResult
        {
            Name = $"{token}{(incorrect is null ? "" : $" minus {incorrect}")} at '{heads.TokenTexts[0][0]}'",
            Values = values.Reshape(model.Config.Layers, model.Config.Heads),
            Provenance = stream.Provenance,
        };
    }

    private static Tensor ToStream(Transformer model, HookPoint hook, float[][] vectors, int width)
    {
        if (hook.Site == HookSite.Z && model.LensWeights.Block(hook.Layer).Ln1PostGain() is not null)
            throw new AnalysisException($"A norm follows the attention of {model.Name}, so a feature of {hook} is not a summand of the stream; take an SAE of the stream.");
        var rows = Tensor.Uninitialized(vectors.Length, width);
        for (var r = 0; r < vectors.Length; r++)
            vectors[r].CopyTo(rows.Row(r));
        return vectors.Length == 0 ? rows : ResidualDirections.Of(model, hook, rows, throughPostNorm: false);
    }
}
