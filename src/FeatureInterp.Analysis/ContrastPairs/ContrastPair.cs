using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// The contrast pair: which SAE features differ between two prompts at the point where the model is about to answer. With f(p) the
/// features at the last token of prompt p, the differences are f(second) − f(first), ranked by size.
/// </summary>
public static class ContrastPair
{
    /// <summary>Runs both prompts up to the SAE's layer and compares their features.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="first">The first prompt.</param>
    /// <param name="second">The second prompt.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">A prompt is empty or too long.</exception>
    /// <exception cref="AnalysisException">An option makes no sense.</exception>
    public static ContrastPairResult Run(
        Transformer model,
        SparseAutoencoder sae,
        string first,
        string second,
        ContrastPairOptions? options = null,
        CancellationToken cancellation = default)
    {
        options ??= new ContrastPairOptions();
        options.Validate();
        sae.For(model);
        var tokenizer = model.RequireTokenizer();
        int[][] tokens = [tokenizer.ToTokens(first), tokenizer.ToTokens(second)];
        var read = options.Position == ContrastPosition.LastToken ? tokens : PadRight(tokens, tokenizer);
        var features = Read(model, sae, read, cancellation);
        return new ContrastPairResult
        {
            First = PromptFeatures.Of(options.FirstName, read[0], features[0], tokenizer, options.Top),
            Second = PromptFeatures.Of(options.SecondName, read[1], features[1], tokenizer, options.Top),
            Position = options.Position,
            Top = options.Top,
            Provenance = Provenance.Of(model, sae, tokens),
        };
    }

    // The features at the last token of each list, [d_sae] each; only the blocks up to the SAE's hook are run.
    private static float[][] Read(Transformer model, SparseAutoencoder sae, int[][] prompts, CancellationToken cancellation)
    {
        var hook = sae.Config.Hook;
        var run = model.Run(prompts, capture: hook.ToString(), stopAtLayer: hook.Layer + 1, cancellation: cancellation);
        return [.. Enumerable.Range(0, prompts.Length).Select(p => sae.EncodeDense(LastRow(run.Activations[hook][p])).Span.ToArray())];
    }

    private static Tensor LastRow(Tensor rows) => rows.Rows(rows.Shape[0] - 1, 1);

    // TransformerLens runs right padding as if it were text: the padding tokens attend to the prompt and to each other.
    private static int[][] PadRight(int[][] tokens, Tokenizer tokenizer)
    {
        var pad = tokenizer.PadId ?? tokenizer.EosId
            ?? throw new AnalysisException("The tokenizer names neither a padding nor an end-of-sequence token, so a padded batch cannot be shown.");
        var length = tokens.Max(t => t.Length);
        return Array.ConvertAll(tokens, t => (int[])[.. t, .. Enumerable.Repeat(pad, length - t.Length)]);
    }
}
