namespace FeatureInterp.Models;

/// <summary>
/// Many changes of one prompt, each a line of its own. What they have in common is computed once and kept for later calls: the blocks
/// below the first change, and the positions before it. The rest runs as one batch, and the lines share the prompt's keys and values
/// until they go on. Every line gets bit for bit what <see cref="Transformer.Run"/> and <see cref="TransformerGeneration.Generate"/>
/// give for it alone. Safe for use by several threads at once.
/// </summary>
public sealed class Sweep
{
    private readonly Transformer _model;
    private readonly int[] _tokens;
    private SweepTrunk? _trunk;

    /// <summary>Takes one prompt; nothing is run yet.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">One text, or one prompt's token ids.</param>
    /// <exception cref="PromptException">Several prompts, an empty or too long one, or a token outside the vocabulary.</exception>
    public Sweep(Transformer model, Prompts prompt)
    {
        var tokens = prompt.Tokenize(model);
        if (tokens.Length != 1)
            throw new PromptException($"A sweep changes one prompt in many ways, but {tokens.Length} were given; make a sweep for each.");
        (_model, _tokens) = (model, tokens[0]);
    }

    /// <summary>The prompt's token ids.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Runs the prompt once for each line.</summary>
    /// <param name="branches">The lines.</param>
    /// <param name="capture">Which hooks each line keeps, as names or patterns.</param>
    /// <param name="logits">Which positions need logits.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <returns>A result a line, with the prompt as its only one.</returns>
    /// <exception cref="HookException">A hook that the model does not have in a line.</exception>
    /// <exception cref="PromptException">Memory will not hold the run.</exception>
    public IReadOnlyList<RunResult> Run(IReadOnlyList<Branch> branches, HookSelection? capture = null, LogitsAt logits = LogitsAt.Every, CancellationToken cancellation = default)
    {
        var results = new RunResult[branches.Count];
        foreach (var group in SweepGroup.Of(_model, _tokens, branches, capture))
        {
            var outputs = group.Run(Trunk(group, capture, logits, cancellation), null, logits, cancellation);
            for (var i = 0; i < outputs.Count; i++)
                results[group.Lines[i]] = outputs[i];
        }

        return results;
    }

    /// <summary>Continues the prompt in each line, all of them a token a step.</summary>
    /// <param name="branches">The lines.</param>
    /// <param name="maxNewTokens">The most tokens to add.</param>
    /// <param name="sampling">How tokens are chosen where a line does not say; greedy if left out.</param>
    /// <param name="stopAtEos">Ends a text at the model's own stop tokens (<see cref="Transformer.StopTokens"/>).</param>
    /// <param name="stopTokens">Further tokens that end a text.</param>
    /// <param name="onToken">Called for each token as it comes; its prompt is the line's number.</param>
    /// <param name="cancellation">Ends the work before the next block; what came before has been told.</param>
    /// <returns>A text a line.</returns>
    /// <exception cref="HookException">A hook that the model does not have in a line.</exception>
    /// <exception cref="PromptException">Memory will not hold the run.</exception>
    /// <exception cref="SamplingException">A sampling option makes no sense.</exception>
    public IReadOnlyList<GeneratedText> Generate(
        IReadOnlyList<Branch> branches,
        int maxNewTokens = 10,
        Sampling? sampling = null,
        bool stopAtEos = true,
        IReadOnlyList<int>? stopTokens = null,
        Action<GeneratedToken>? onToken = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxNewTokens);
        sampling ??= Sampling.Greedy;
        foreach (var used in branches.Select(b => b.Sampling ?? sampling).Distinct())
            used.Validate();
        var texts = new GeneratedText[branches.Count];
        foreach (var group in SweepGroup.Of(_model, _tokens, branches, null))
        {
            var trunk = Trunk(group, null, LogitsAt.Last, cancellation);
            var cache = trunk.Cache.Fork(group.Lines.Count);
            for (var i = 0; i < group.Lines.Count; i++)
                cache.Reserve(i, Generator.Room(_tokens.Length, maxNewTokens));
            group.CheckMemory(Generator.FinalTokens(_model, [.. group.Lines.Select(_ => _tokens.Length)], maxNewTokens));
            var generator = new Generator(
                _model, group.Hooks, [.. group.Lines.Select(_ => _tokens)], maxNewTokens,
                i => new Sampler(branches[group.Lines[i]].Sampling ?? sampling, prompt: 0),
                TransformerGeneration.StopTokens(_model, stopAtEos, stopTokens), cache,
                stop => [.. group.Run(trunk, cache, LogitsAt.Last, stop).Select(run => run.LastLogits())]);
            var made = generator.ToTexts(onToken is null ? null : token => onToken(token with { Prompt = group.Lines[token.Prompt] }), cancellation);
            for (var i = 0; i < made.Count; i++)
                texts[group.Lines[i]] = made[i];
        }

        return texts;
    }

    // What is shared stays for the next call, unless something was kept on the way.
    private SweepTrunk Trunk(SweepGroup group, HookSelection? capture, LogitsAt logits, CancellationToken cancellation)
    {
        var keep = group.KeptBelow;
        var positions = capture is null ? group.Positions : 0;
        if (keep.Count == 0 && _trunk is { } trunk && trunk.Serves(group.Layer, positions, logits == LogitsAt.Every))
            return trunk;
        trunk = SweepTrunk.Run(_model, _tokens, group.Layer, positions, keep, logits == LogitsAt.Every, cancellation);
        return keep.Count == 0 ? _trunk = trunk : trunk;
    }
}
