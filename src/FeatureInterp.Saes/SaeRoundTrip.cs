using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Encodes inputs of any shape and decodes the features again, as SAELens's <c>decode(encode(x))</c> does: back on the input's scale, without a skip
/// transcoder's x·W_skipᵀ and a temporal SAE's prediction, which <see cref="SparseAutoencoder.Reconstruct"/> has.
/// </summary>
public static class SaeRoundTrip
{
    // So many values of dense features are made at once (64 MB).
    private const int BlockValues = 1 << 24;

    /// <summary>Encodes and decodes.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="x">[…, d_in], or […, head, d_head] whose last two sizes multiply to d_in. For a temporal SAE the dimension before is the position in a text.</param>
    /// <param name="acts">[…, d_sae], of as many values as x has tokens times d_sae.</param>
    /// <param name="decoded">[…, d_out], or in the shape of x where that has heads.</param>
    /// <param name="cancellation">Looked at between blocks of tokens.</param>
    /// <exception cref="SaeException">The input has another width, or more features than memory has room for.</exception>
    public static void Run(SparseAutoencoder sae, Tensor x, out Tensor acts, out Tensor decoded, CancellationToken cancellation = default)
    {
        var config = sae.Config;
        var shape = x.Shape.ToArray();
        var heads = shape.Length > 0 && shape[^1] == config.DIn ? 1 : 2;
        if (shape.Length < heads || shape[^heads..].Aggregate(1L, (a, b) => a * b) != config.DIn)
            throw new SaeException($"{sae.Name} encodes inputs of {config.DIn} values ([…, {config.DIn}], or […, head, d_head] of that many), but was given {x}.");
        int[] leading = shape[..^heads];
        var tokens = leading.Aggregate(1, (a, b) => a * b);
        if ((long)tokens * Math.Max(config.DSae, config.DOut) > Array.MaxLength)
            throw new SaeException($"{tokens} tokens of {config.DSae} features are more than one array holds; encode fewer tokens at a time.");

        acts = Tensor.Uninitialized(tokens, config.DSae);
        decoded = Tensor.Uninitialized(tokens, config.DOut);
        var flat = x.Reshape(tokens, config.DIn);
        var text = config.Temporal is null || leading.Length == 0 ? 1 : leading[^1];
        var texts = Math.Max(1, BlockValues / config.DSae / Math.Max(1, text));
        for (var first = 0; first < tokens; first += texts * text)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(texts * text, tokens - first);
            Block(sae, flat.Rows(first, count), text, acts.Rows(first, count), decoded.Rows(first, count));
        }

        acts = acts.Reshape([.. leading, config.DSae]);
        decoded = config.DOut == config.DIn ? decoded.Reshape(shape) : decoded.Reshape([.. leading, config.DOut]);
    }

    private static void Block(SparseAutoencoder sae, Tensor x, int text, Tensor acts, Tensor decoded)
    {
        var texts = sae.Config.Temporal is null ? null : Enumerable.Repeat(text, x.Shape[0] / text).ToArray();
        sae.EncodeDense(x, texts).Span.CopyTo(acts.Span);
        sae.Forward(x, new SaePass { Texts = texts, AsSaeLensAttaches = true }).Span.CopyTo(decoded.Span);
    }
}
