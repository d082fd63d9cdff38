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
    private readonly float[] _logits;

    public Generator(Transformer model, Prompts prompts, HookScope hooks, int maxNewTokens, Sampling sampling, IEnumerable<int> stopTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxNewTokens);
        sampling.Validate();
        _model = model;
        _hooks = hooks;
        _texts = Array.ConvertAll(prompts.Tokenize(model), tokens => tokens.ToList());
        _cache = new KvCache(model.Config, _texts.Length);
        _samplers = [.. Enumerable.Range(0, _texts.Length).Select(p => new Sampler(sampling, p))];
        _decoders = [.. _texts.Select(_ => model.Tokenizer?.CreateStreamDecoder(skipSpecialTokens: true))];
        _maxNewTokens = maxNewTokens;
        _stopTokens = [.. stopTokens];
        var first = new TokenBatch(Array.ConvertAll(_texts, t => t.ToArray()));
        var longest = Array.ConvertAll(_texts, t => Math.Min(t.Count + (long)maxNewTokens, model.Config.ContextLength)).Sum();
        MemoryPlan.Of(model, first, hooks, LogitsAt.Last, longest).Check(model, first.RowCount, FreeMemory.Bytes());
        _logits = new float[(long)Count * model.Config.VocabSize <= Array.MaxLength ? Count * model.Config.VocabSize : 0];
        for (var p = 0; p < Count; p++)
            _cache.Reserve(p, _texts[p].Count + Math.Min(maxNewTokens, Math.Max(Foreseen, _texts[p].Count)));
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
            var starts = Enumerable.Range(0, Count).Select(_cache.Length).ToArray();
            var batch = new TokenBatch(step, starts);
            var logits = _model.Step(_hooks, batch, LayerRange.Whole(_model), null, _cache, LogitsAt.Last, cancellation, _logits);
            var next = new int[Count][];
            for (var p = 0; p < Count; p++)
            {
                next[p] = [];
                if (step[p].Length == 0)
                    continue;
                var last = logits.LastLogits(p).Span;
                var token = _samplers[p].Next(last, _texts[p]);
                var logProbability = last[token] - (double)Kernels.LogSumExp(last);
                _texts[p].Add(token);
                var finished = Finished(p, token, made);
                if (finished is null)
                    next[p] = [token];
                yield return new GeneratedToken(p, token, Text(p, token, finished is not null), logProbability, finished);
            }

            step = next;
        }
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
