using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>The choices of an input metric.</summary>
public sealed record InputMetricOptions
{
    /// <summary>Whether tokens that are not text (the beginning of sequence) are passed over. Default true: a feature that fires there fires on every sentence.</summary>
    public bool ExcludeSpecialTokens { get; init; } = true;

    /// <summary>
    /// Whether each list is padded on the right to one length and the padding looked at as if it were text, as the notebook does. Only without
    /// <see cref="ExcludeSpecialTokens"/>. Default false.
    /// </summary>
    public bool PadRight { get; init; }

    /// <summary>Whether activations are taken before the activation function: <c>hook_sae_acts_pre</c> of a feature, <c>mlp.hook_pre</c> of a neuron. Default false.</summary>
    public bool BeforeActivation { get; init; }

    /// <summary>What the notebook behind output-centric descriptions does: the beginning of sequence and the padding count.</summary>
    public static InputMetricOptions Notebook { get; } = new() { ExcludeSpecialTokens = false, PadRight = true };

    internal void Validate()
    {
        if (PadRight && ExcludeSpecialTokens)
            throw new AnalysisException("PadRight looks at padding as if it were text, which ExcludeSpecialTokens leaves out; set that to false, or leave PadRight out.");
    }
}

/// <summary>
/// Whether a unit is stronger on sentences it is said to fire on than on others: mean over sentences of max over tokens of the activation, for both lists; success is
/// positive &gt; negative. The output-centric paper has a language model write the sentences from a description; here they are given.
/// </summary>
public static class InputMetric
{
    /// <summary>Runs the sentences up to the unit.</summary>
    /// <param name="model">The model.</param>
    /// <param name="unit">The feature or neuron.</param>
    /// <param name="positive">Sentences it should fire on.</param>
    /// <param name="negative">Sentences it should not.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">A sentence is too long.</exception>
    /// <exception cref="AnalysisException">A list is empty, a sentence has no text, or an option makes no sense.</exception>
    public static InputMetricResult Run(
        Transformer model, Unit unit, IReadOnlyList<string> positive, IReadOnlyList<string> negative, InputMetricOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new InputMetricOptions();
        options.Validate();
        unit.Check(model);
        var up = Tokens(model, positive, "positive", options);
        var down = Tokens(model, negative, "negative", options);
        return new InputMetricResult
        {
            Unit = unit.ToString(),
            Positive = Measure(model, unit, positive, up, options, cancellation),
            Negative = Measure(model, unit, negative, down, options, cancellation),
            Provenance = unit.Provenance(model, [.. up, .. down]),
        };
    }

    private static int[][] Tokens(Transformer model, IReadOnlyList<string> sentences, string which, InputMetricOptions options)
    {
        if (sentences.Count == 0)
            throw new AnalysisException($"There is no {which} sentence; give at least one.");
        var tokenizer = model.RequireTokenizer();
        int[][] tokens = [.. sentences.Select(s => tokenizer.ToTokens(s, model.PrependsBos))];
        if (!options.PadRight)
            return tokens;
        var pad = tokenizer.PadId ?? tokenizer.EosId ?? throw new AnalysisException("The tokenizer names neither a padding nor an end-of-sequence token; leave out PadRight.");
        var length = tokens.Max(t => t.Length);
        return Array.ConvertAll(tokens, t => (int[])[.. t, .. Enumerable.Repeat(pad, length - t.Length)]);
    }

    private static SentenceActivation[] Measure(
        Transformer model, Unit unit, IReadOnlyList<string> sentences, int[][] tokens, InputMetricOptions options, CancellationToken cancellation)
    {
        var special = new SpecialTokens(model);
        var acts = unit.Activations(model, tokens, cancellation, options.BeforeActivation);
        var measured = new SentenceActivation[tokens.Length];
        for (var s = 0; s < tokens.Length; s++)
        {
            var best = -1;
            for (var i = 0; i < tokens[s].Length; i++)
            {
                if (!(options.ExcludeSpecialTokens && special.Contains(tokens[s][i])) && (best < 0 || acts[s][i] > acts[s][best]))
                    best = i;
            }

            if (best < 0)
                throw new AnalysisException($"Sentence {s} ('{sentences[s]}') has no token that is text; give another.");
            measured[s] = new SentenceActivation(sentences[s], acts[s][best], best, TokenText.Of(model, tokens[s][best]), [.. acts[s]]);
        }

        return measured;
    }
}
