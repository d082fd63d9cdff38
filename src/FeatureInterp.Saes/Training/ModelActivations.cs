using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The values of a hook while a model reads rows of tokens. The model is run no further than the hook, a few rows at a time.</summary>
public sealed class ModelActivations : IActivationSource
{
    // Tokens of a run: enough for the matrix multiplies to be near their best.
    private const int RunTokens = 2048;

    private readonly Transformer _model;
    private readonly HookPoint _hook;
    private readonly IReadOnlyList<int[]> _rows;
    private readonly bool[] _isLeftOut;
    private int _next;

    /// <summary>Prepares to run a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hook">The hook; a vector a token, or a vector a head and token, which are laid side by side.</param>
    /// <param name="rows">The token rows, each run by itself.</param>
    /// <param name="excludeSpecialTokens">Whether activations at the tokenizer's special tokens (beginning of sequence, padding, …) are left out.</param>
    /// <exception cref="SaeException">There are no tokens, or the hook has no vector a token.</exception>
    /// <exception cref="HookException">The model has no such hook.</exception>
    /// <exception cref="ModelFileException">Special tokens are to be left out, but the model came without a tokenizer.</exception>
    public ModelActivations(Transformer model, HookPoint hook, IReadOnlyList<int[]> rows, bool excludeSpecialTokens = true)
    {
        (_model, _hook, _rows) = (model, hook, rows);
        Width = model.WidthOf(hook);
        if (Width < 2)
            throw new SaeException($"{hook} of {model.Name} has no vector a token, so no SAE can be trained on it.");
        if (rows.Count == 0 || rows.Any(r => r.Length == 0))
            throw new SaeException("There is nothing to run: give at least one row of tokens, and none that is empty.");
        _isLeftOut = new bool[model.Config.VocabSize];
        if (excludeSpecialTokens)
        {
            var tokenizer = model.RequireTokenizer();
            for (var id = 0; id < Math.Min(_isLeftOut.Length, tokenizer.VocabSize); id++)
                _isLeftOut[id] = tokenizer.IsSpecial(id);
        }

        Origin = new ActivationOrigin
        {
            ModelName = model.Name,
            PrependBos = model.Tokenizer?.BosId is { } bos && rows.All(r => r[0] == bos),
            ContextSize = rows.Max(r => r.Length),
            FlattensHeads = hook.Site is HookSite.Q or HookSite.K or HookSite.V or HookSite.RotQ or HookSite.RotK or HookSite.Z or HookSite.Result,
            Details = new JsonObject
            {
                ["model_weights"] = model.WeightsHash,
                ["model_flags"] = new JsonObject([.. model.Flags.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value))]),
                ["hook"] = hook.ToString(),
                ["token_rows"] = rows.Count,
                ["tokens"] = rows.Sum(r => (long)r.Length),
                ["tokens_hash"] = Hash(rows),
                ["special_tokens_excluded"] = excludeSpecialTokens,
            },
        };
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>The token row that comes next.</summary>
    public long Position => _next;

    /// <inheritdoc/>
    public ActivationOrigin Origin { get; }

    /// <inheritdoc/>
    public void Seek(long position) => _next = position >= 0 && position <= _rows.Count
        ? (int)position
        : throw new SaeException($"There is no token row {position}; there are {_rows.Count}.");

    /// <inheritdoc/>
    public Tensor? Next(CancellationToken cancellation)
    {
        while (_next < _rows.Count)
        {
            var (batch, tokens) = (new List<int[]>(), 0);
            do
            {
                batch.Add(_rows[_next]);
                tokens += _rows[_next++].Length;
            }
            while (_next < _rows.Count && tokens + _rows[_next].Length <= RunTokens);

            var isInBlock = _hook.ToString().StartsWith("blocks.", StringComparison.Ordinal);
            var stop = isInBlock && _hook.Layer < _model.Config.Layers - 1 ? _hook.Layer + 1 : (int?)null;
            var run = _model.Run(batch.ToArray(), capture: _hook.ToString(), stopAtLayer: stop, logits: LogitsAt.Last, cancellation: cancellation);
            if (Kept(batch, run.Activations[_hook]) is { } block)
                return block;
        }

        return null;
    }

    // The rows whose tokens are not left out; null when none is.
    private Tensor? Kept(List<int[]> batch, Activation values)
    {
        var count = batch.Sum(row => row.Count(t => !_isLeftOut[t]));
        if (count == 0)
            return null;
        var kept = Tensor.Uninitialized(count, Width);
        var at = 0;
        for (var p = 0; p < batch.Count; p++)
        {
            for (var t = 0; t < batch[p].Length; t++)
            {
                if (!_isLeftOut[batch[p][t]])
                    values[p].Row(t).CopyTo(kept.Row(at++));
            }
        }

        return kept;
    }

    private static string Hash(IReadOnlyList<int[]> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in rows)
        {
            var bytes = new byte[4 * (row.Length + 1)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, row.Length);
            for (var i = 0; i < row.Length; i++)
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * (i + 1)), row[i]);
            hash.AppendData(bytes);
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
