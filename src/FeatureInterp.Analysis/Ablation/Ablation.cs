using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// Ablation: what becomes of an answer when features of an SAE are set to zero. The answer is put behind the prompt, and for each of its tokens the log-probability and the rank are read, given
/// the right tokens before it; what counts as the effect of an ablation is the change of ln p(answer). Everything is compared with the model that has the SAE and nothing ablated. Definition: the ablation cells of SAELens's
/// tutorial, and the layers' response of McGrath et al. 2023.
/// </summary>
/// <remarks>A small effect does not say that a feature is not used: other features may hold the same, and later layers may make up for it (<see cref="LayerResponse"/>).</remarks>
public static class Ablation
{
    /// <summary>Each feature by itself.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompt">The prompt; the beginning-of-sequence token is put in front where the model wants it.</param>
    /// <param name="answer">The text that should follow, as it follows: nothing is put in front of it.</param>
    /// <param name="features">The features; null for those that fire on the prompt or the answer.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told after each batch of lines how far it is.</param>
    /// <param name="cancellation">Ends the work before the next block; the result then holds what was done and says that it is not complete.</param>
    /// <exception cref="AnalysisException">Unknown or no features, an answer without tokens, a prompt that leaves no room for it, an option that makes no sense, or a state file that is damaged or of another ablation.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">The prompt is empty, or a token is outside the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before there was anything to keep.</exception>
    public static AblationResult Run(
        Transformer model, SparseAutoencoder sae, string prompt, string answer, IReadOnlyList<int>? features = null,
        AblationOptions? options = null, IProgress<AblationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var (asked, expected) = Tokens(model, prompt, answer);
        return Run(model, sae, asked, expected, features, options, progress, cancellation);
    }

    /// <summary>As above, of token ids, taken as they are.</summary>
    /// <inheritdoc cref="Run(Transformer, SparseAutoencoder, string, string, IReadOnlyList{int}?, AblationOptions?, IProgress{AblationProgress}?, CancellationToken)"/>
    public static AblationResult Run(
        Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, IReadOnlyList<int>? features = null,
        AblationOptions? options = null, IProgress<AblationProgress>? progress = null, CancellationToken cancellation = default) =>
        Work(model, sae, prompt, answer, features is null ? null : [.. FeatureChoice.Check(features, sae).Select(f => (IReadOnlyList<int>)[f])], options, progress, cancellation);

    /// <summary>Features of each set together.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="answer">The text that should follow.</param>
    /// <param name="sets">The sets, each of at least one feature.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="progress">Told after each batch of lines how far it is.</param>
    /// <param name="cancellation">Ends the work before the next block.</param>
    /// <inheritdoc cref="Run(Transformer, SparseAutoencoder, string, string, IReadOnlyList{int}?, AblationOptions?, IProgress{AblationProgress}?, CancellationToken)" path="/exception"/>
    public static AblationResult RunSets(
        Transformer model, SparseAutoencoder sae, string prompt, string answer, IReadOnlyList<IReadOnlyList<int>> sets,
        AblationOptions? options = null, IProgress<AblationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var (asked, expected) = Tokens(model, prompt, answer);
        return RunSets(model, sae, asked, expected, sets, options, progress, cancellation);
    }

    /// <summary>As above, of token ids, taken as they are.</summary>
    /// <inheritdoc cref="RunSets(Transformer, SparseAutoencoder, string, string, IReadOnlyList{IReadOnlyList{int}}, AblationOptions?, IProgress{AblationProgress}?, CancellationToken)"/>
    public static AblationResult RunSets(
        Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, IReadOnlyList<IReadOnlyList<int>> sets,
        AblationOptions? options = null, IProgress<AblationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (sets.Count == 0)
            throw new AnalysisException("There is no set of features; give at least one.");
        for (var i = 0; i < sets.Count; i++)
        {
            if (sets[i].Count == 0)
                throw new AnalysisException($"Set {i} is empty; give it at least one feature, or leave it out: the model with nothing ablated is always there.");
        }

        return Work(model, sae, prompt, answer, [.. sets.Select(s => (IReadOnlyList<int>)FeatureChoice.Check(s, sae))], options, progress, cancellation);
    }

    private static (int[] Prompt, int[] Answer) Tokens(Transformer model, string prompt, string answer)
    {
        var tokenizer = model.RequireTokenizer();
        return (tokenizer.ToTokens(prompt, model.PrependsBos), tokenizer.ToTokens(answer, prependBos: false));
    }

    private static AblationResult Work(
        Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, IReadOnlyList<IReadOnlyList<int>>? sets,
        AblationOptions? options, IProgress<AblationProgress>? progress, CancellationToken cancellation)
    {
        options ??= new AblationOptions();
        options.Validate();
        sae.For(model);
        CheckRoom(model, prompt, answer);
        var runner = new AblationRunner(model, sae, prompt, answer, options, cancellation);
        var features = new AblationFeatures(model, sae, runner);
        var active = features.Active();
        var lines = sets ?? [.. active.Take(options.MaxFeatures).Select(f => (IReadOnlyList<int>)[f])];
        var (state, file) = AblationState.Begin(model, sae, prompt, answer, lines, options);
        var made = new AblationLines(runner, features, options, lines, state, progress, () =>
        {
            if (options.StateFile is { } path)
                file.SaveNowAndThen(path, state);
        });
        made.Begin(cancellation);
        try
        {
            made.Ablate(cancellation);
            made.LookCloser(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What came before stays.
        }

        if (options.StateFile is { } last && state.Lines.Count > 0)
            file.Save(last, state);
        return new AblationResult
        {
            Prompt = prompt,
            PromptText = string.Concat(prompt.Select(t => TokenText.Of(model, t))),
            Options = options,
            Clean = made.Clean!,
            CleanText = state.CleanText,
            Reference = made.Reference!,
            ReferenceText = state.ReferenceText,
            Lines = state.Lines,
            Active = active,
            IsComplete = made.IsComplete,
            Provenance = Provenance.Of(model, sae, [prompt]),
        };
    }

    private static void CheckRoom(Transformer model, int[] prompt, int[] answer)
    {
        if (answer.Length == 0)
            throw new AnalysisException("The answer has no token, so there is nothing to measure; give the text that should follow the prompt.");
        var context = model.Config.ContextLength;
        if (prompt.Length >= context)
            throw new AnalysisException($"The prompt has {prompt.Length} tokens and fills the context of {model.Name} ({context}), so there is no room for an answer; shorten it.");
        if (prompt.Length + answer.Length - 1 > context)
            throw new AnalysisException($"Prompt and answer have {prompt.Length} and {answer.Length} tokens, more than the context of {model.Name} holds ({context}); shorten one.");
        foreach (var bad in answer.Where(t => (uint)t >= (uint)model.Config.VocabSize))
            throw new AnalysisException($"Token {bad} of the answer is not in the vocabulary of {model.Name} (0 to {model.Config.VocabSize - 1}).");
    }
}
