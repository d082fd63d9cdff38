using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Generates for a batch of prompts, a token a prompt a step. Hooks see the whole prompts first and then the new tokens only, as with
/// TransformerLens's key/value cache. A finished prompt takes part with no tokens, so prompt numbers stay what they were.
/// </summary>
internal sealed class Generator
{
    // New tokens that the cache makes room for at once, or as many as the prompt has.
    private const int Foreseen = 512;

    private readonly Transformer _model;
    private readonly HookScope _hooks;
    private readonly KvCache _cache;
    private readonly List<int>[] _texts;
    private readonly Sampler[] _samplers;
    private readonly StreamDecoder?[] _decoders;
    private readonly int _maxNewTokens;
    private readonly HashSet<int> _stopTokens;
    private float[]? _logits;
    private readonly int[] _promptLengths;
    private readonly Func<CancellationToken, IReadOnlyList<Tensor>>? _firstStep;

    public Generator(Transformer model, Prompts prompts, HookScope hooks, int maxNewTokens, Sampling sampling, IEnumerable<int> stopTokens)
        : this(model, hooks, Checked(prompts, model, maxNewTokens, sampling), maxNewTokens, p => new Sampler(sampling, p), stopTokens)
    {
        var first = new TokenBatch(Array.ConvertAll(_texts, t => t.ToArray()));
        MemoryPlan.Of(model, first, hooks, LogitsAt.Last, FinalTokens(model, _promptLengths, maxNewTokens)).Check(model, first.RowCount);
        for (var p = 0; p < Count; p++)
            _cache.Reserve(p, Room(_promptLengths[p], maxNewTokens));
    }

    /// <summary>Generation that goes on from a first step made elsewhere, or makes it itself.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hooks">What is changed on the way.</param>
    /// <param name="texts">Each prompt's token ids.</param>
    /// <param name="maxNewTokens">The most tokens to add to each.</param>
    /// <param name="sampler">What chooses a prompt's tokens.</param>
    /// <param name="stopTokens">Tokens that end a text.</param>
    /// <param name="cache">Holds the prompts' keys and values after the first step.</param>
    /// <param name="firstStep">Runs the prompts and gives back each one's last logits, [d_vocab].</param>
    public Generator(
        Transformer model, HookScope hooks, int[][] texts, int maxNewTokens, Func<int, Sampler> sampler, IEnumerable<int> stopTokens,
        KvCache? cache = null, Func<CancellationToken, IReadOnlyList<Tensor>>? firstStep = null)
    {
        _model = model;
        _hooks = hooks;
        _texts = Array.ConvertAll(texts, tokens => tokens.ToList());
        _promptLengths = Array.ConvertAll(texts, tokens => tokens.Length);
        _cache = cache ?? new KvCache(model.Config, texts.Length);
        _samplers = [.. Enumerable.Range(0, texts.Length).Select(sampler)];
        _decoders = [.. texts.Select(_ => model.Tokenizer?.CreateStreamDecoder(skipSpecialTokens: true))];
        _maxNewTokens = maxNewTokens;
        _stopTokens = [.. stopTokens];
        _firstStep = firstStep;
    }

    /// <summary>The number of prompts.</summary>
    public int Count => _texts.Length;

    /// <summary>Every new token, step by step.</summary>
    public IEnumerable<GeneratedToken> Run(CancellationToken cancellation)
    {
        var step = Array.ConvertAll(_texts, t => t.ToArray());
        for (var made = 1; made <= _maxNewTokens && step.Any(s => s.Length > 0); made++)
        {
            cancellation.ThrowIfCancellationRequested();
            var last = made == 1 && _firstStep is not null ? _firstStep(cancellation) : Step(step, cancellation);
            var next = new int[Count][];
            for (var p = 0; p < Count; p++)
            {
                next[p] = [];
                if (step[p].Length == 0)
                    continue;
                var logits = last[p].Span;
                var token = _samplers[p].Next(logits, _texts[p]);
                var logProbability = logits[token] - (double)Kernels.LogSumExp(logits);
                _texts[p].Add(token);
                var finished = Finished(p, token, made);
                if (finished is null)
                    next[p] = [token];
                yield return new GeneratedToken(p, token, Text(p, token, finished is not null), logProbability, finished);
            }

            step = next;
        }
    }

    /// <summary>The whole texts, once all are done.</summary>
    public IReadOnlyList<GeneratedText> ToTexts(Action<GeneratedToken>? onToken, CancellationToken cancellation)
    {
        var all = Enumerable.Range(0, Count).Select(_ => new List<GeneratedToken>()).ToArray();
        foreach (var token in Run(cancellation))
        {
            all[token.Prompt].Add(token);
            onToken?.Invoke(token);
        }

        return [.. all.Select(text => new GeneratedText(
            [.. text.Select(t => t.Token)], string.Concat(text.Select(t => t.Text)), [.. text.Select(t => t.LogProbability)],
            text.LastOrDefault()?.Finished ?? FinishReason.Length))];
    }

    /// <summary>The room a prompt's keys and values get at first, in tokens: for what is foreseen, not for all that may come.</summary>
    public static int Room(int promptLength, int maxNewTokens) => promptLength + Math.Min(maxNewTokens, Math.Max(Foreseen, promptLength));

    /// <summary>The number of tokens there can be in the end, over all prompts.</summary>
    public static long FinalTokens(Transformer model, int[] promptLengths, int maxNewTokens) =>
        promptLengths.Sum(length => Math.Min(length + (long)maxNewTokens, model.Config.ContextLength));

    private static int[][] Checked(Prompts prompts, Transformer model, int maxNewTokens, Sampling sampling)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxNewTokens);
        sampling.Validate();
        return prompts.Tokenize(model);
    }

    // The last logits of each prompt that has tokens in this step; those of the others are empty.
    private Tensor[] Step(int[][] step, CancellationToken cancellation)
    {
        _logits ??= new float[(long)Count * _model.Config.VocabSize <= Array.MaxLength ? Count * _model.Config.VocabSize : 0];
        var starts = Enumerable.Range(0, Count).Select(_cache.Length).ToArray();
        var batch = new TokenBatch(step, starts, _promptLengths);
        var run = _model.Step(_hooks, batch, LayerRange.Whole(_model), null, _cache, LogitsAt.Last, cancellation, _logits);
        var all = run.Logits;
        return [.. step.Select((tokens, p) => tokens.Length > 0 ? all.Last(p) : all[p])];
    }

    private FinishReason? Finished(int prompt, int token, int made) =>
        _stopTokens.Contains(token) ? FinishReason.EndOfSequence
        : made == _maxNewTokens ? FinishReason.Length
        : _texts[prompt].Count > _model.Config.ContextLength ? FinishReason.ContextFull
        : null;

    private string Text(int prompt, int token, bool isLast) => _decoders[prompt] is { } decoder
        ? decoder.Push(token) + (isLast ? decoder.Flush() : "")
        : "";
}
