using System.Runtime.CompilerServices;

namespace FeatureInterp.Models;

/// <summary>Text from a model, whole or token by token.</summary>
public static class TransformerGeneration
{
    /// <summary>
    /// Continues each prompt. Hooks act on the whole prompt and then on every new token, as TransformerLens has it with its cache;
    /// the embedding hook too.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Texts or token ids.</param>
    /// <param name="maxNewTokens">The most tokens to add to each prompt.</param>
    /// <param name="sampling">How tokens are chosen; greedy if left out.</param>
    /// <param name="edit">Changes made on the way, at every step.</param>
    /// <param name="splice">SAEs to put in the place of hooks, at every step.</param>
    /// <param name="stopAtEos">Ends a text at the model's own stop tokens (<see cref="Transformer.StopTokens"/>). Without a tokenizer it has none.</param>
    /// <param name="stopTokens">Further tokens that end a text.</param>
    /// <param name="onToken">Called for each token as it comes.</param>
    /// <param name="cancellation">Ends the work before the next block.</param>
    /// <returns>A text a prompt.</returns>
    /// <exception cref="PromptException">An empty or too long prompt, or a token outside the vocabulary.</exception>
    /// <exception cref="HookException">A hook that this model does not have.</exception>
    public static IReadOnlyList<GeneratedText> Generate(
        this Transformer model,
        Prompts prompts,
        int maxNewTokens = 10,
        Sampling? sampling = null,
        IReadOnlyList<Edit>? edit = null,
        IReadOnlyList<ISplice>? splice = null,
        bool stopAtEos = true,
        IReadOnlyList<int>? stopTokens = null,
        Action<GeneratedToken>? onToken = null,
        CancellationToken cancellation = default)
    {
        var generator = new Generator(model, prompts, new HookScope(model, null, edit, splice), maxNewTokens, sampling ?? Sampling.Greedy, StopTokens(model, stopAtEos, stopTokens));
        return generator.ToTexts(onToken, cancellation);
    }

    /// <summary>As <see cref="Generate"/>, token by token as they come; the work runs beside the caller.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Texts or token ids.</param>
    /// <param name="maxNewTokens">The most tokens to add to each prompt.</param>
    /// <param name="sampling">How tokens are chosen; greedy if left out.</param>
    /// <param name="edit">Changes made on the way, at every step.</param>
    /// <param name="splice">SAEs to put in the place of hooks, at every step.</param>
    /// <param name="stopAtEos">Ends a text at the model's own stop tokens (<see cref="Transformer.StopTokens"/>).</param>
    /// <param name="stopTokens">Further tokens that end a text.</param>
    /// <param name="cancellation">Ends the work before the next block.</param>
    public static async IAsyncEnumerable<GeneratedToken> GenerateAsync(
        this Transformer model,
        Prompts prompts,
        int maxNewTokens = 10,
        Sampling? sampling = null,
        IReadOnlyList<Edit>? edit = null,
        IReadOnlyList<ISplice>? splice = null,
        bool stopAtEos = true,
        IReadOnlyList<int>? stopTokens = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var generator = new Generator(model, prompts, new HookScope(model, null, edit, splice), maxNewTokens, sampling ?? Sampling.Greedy, StopTokens(model, stopAtEos, stopTokens));
        using var steps = generator.Run(cancellation).GetEnumerator();
        while (await Task.Run(steps.MoveNext, cancellation).ConfigureAwait(false))
            yield return steps.Current;
    }

    /// <summary>What ends a text.</summary>
    internal static IEnumerable<int> StopTokens(Transformer model, bool ofTheModel, IReadOnlyList<int>? others) =>
        (ofTheModel ? model.StopTokens : []).Concat(others ?? []);
}
