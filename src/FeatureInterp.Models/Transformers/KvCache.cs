namespace FeatureInterp.Models;

/// <summary>
/// The rotated keys and the values of every layer for the tokens already run, so that a later step computes only new tokens.
/// Each prompt has its own length. A prompt that several texts begin with is run once and the cache forked: the branches share its keys
/// and values until they go on.
/// </summary>
public sealed class KvCache
{
    private readonly float[][] _keys;
    private readonly float[][] _values;
    private readonly int[] _held;
    private readonly int[] _reserved;
    private readonly bool[] _shared;
    private readonly int _layers;
    private readonly int _width;
    private int[] _lengths;

    /// <summary>An empty cache.</summary>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="prompts">The number of prompts.</param>
    public KvCache(TransformerConfig config, int prompts)
    {
        _layers = config.Layers;
        _width = config.KeyValueHeads * config.HeadDim;
        _lengths = new int[prompts];
        _keys = new float[prompts * _layers][];
        _values = new float[prompts * _layers][];
        _held = new int[prompts * _layers];
        _reserved = new int[prompts];
        _shared = new bool[prompts * _layers];
        Array.Fill(_keys, []);
        Array.Fill(_values, []);
    }

    private KvCache(KvCache trunk, int branches)
    {
        (_layers, _width) = (trunk._layers, trunk._width);
        _lengths = Repeat(trunk._lengths);
        _keys = Repeat(trunk._keys);
        _values = Repeat(trunk._values);
        _held = Repeat(trunk._held);
        _reserved = new int[branches];
        Array.Fill(trunk._shared, true);
        _shared = Repeat(trunk._shared);

        T[] Repeat<T>(T[] ofOne) => [.. Enumerable.Repeat(ofOne, branches).SelectMany(one => one)];
    }

    /// <summary>The number of prompts.</summary>
    public int Count => _lengths.Length;

    /// <summary>The number of tokens held for a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    public int Length(int prompt) => _lengths[prompt];

    /// <summary>
    /// A cache of several prompts that all begin as this cache's only one. Nothing is copied now: a branch copies a layer's keys and
    /// values when it puts its own behind them, and this cache does too, so each is free to go on.
    /// </summary>
    /// <param name="branches">The number of prompts of the new cache.</param>
    /// <exception cref="PromptException">This cache holds several prompts.</exception>
    public KvCache Fork(int branches)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(branches);
        return Count == 1 ? new KvCache(this, branches) : throw new PromptException($"The KV cache holds {Count} prompts, but only one can be forked; run the prompts apart.");
    }

    /// <summary>Forgets the last tokens of every prompt, so that the next step comes after the first <paramref name="tokens"/>.</summary>
    internal void Rewind(int tokens) => _lengths = Array.ConvertAll(_lengths, length => Math.Min(length, tokens));

    /// <summary>Makes the room of a prompt's first step large enough for later ones; memory that is not written to yet costs nothing.</summary>
    internal void Reserve(int prompt, int tokens) => _reserved[prompt] = tokens;

    /// <summary>Whether it was made for a model of these dimensions.</summary>
    internal bool Fits(TransformerConfig config) => config.Layers == _layers && config.KeyValueHeads * config.HeadDim == _width;

    /// <summary>Puts a step's keys and values behind those held for a layer, and gives back all of them, [key, kv_head, d_head].</summary>
    /// <exception cref="PromptException">Earlier steps did not run this layer.</exception>
    internal (ReadOnlyMemory<float> Keys, ReadOnlyMemory<float> Values) Append(int layer, int prompt, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        var slot = prompt * _layers + layer;
        if (_held[slot] < _lengths[prompt])
            throw new PromptException($"The KV cache holds {_lengths[prompt]} tokens of prompt {prompt}, but only {_held[slot]} of them at layer {layer}: run the same layers each time, or start with an empty cache.");
        var start = _lengths[prompt] * _width;
        if (keys.IsEmpty)
            return (_keys[slot].AsMemory(0, start), _values[slot].AsMemory(0, start));
        _held[slot] = _lengths[prompt] + keys.Length / _width;
        var all = (Append(ref _keys[slot], start, keys, _reserved[prompt], _shared[slot]), Append(ref _values[slot], start, values, _reserved[prompt], _shared[slot]));
        _shared[slot] = false;
        return all;
    }

    /// <summary>Counts a step's tokens, once every layer has appended.</summary>
    internal void Advance(TokenBatch batch)
    {
        var lengths = (int[])_lengths.Clone();
        for (var p = 0; p < batch.Count; p++)
            lengths[p] += batch.Length(p);
        _lengths = lengths;
    }

    // Grown by a quarter: at long contexts keys and values are most of what a run holds, and doubling would hold as much again.
    private ReadOnlyMemory<float> Append(ref float[] buffer, int start, ReadOnlySpan<float> rows, int reserved, bool isShared)
    {
        var needed = checked(start + rows.Length);
        if (buffer.Length < needed || isShared)
        {
            var room = start == 0 || isShared ? (long)reserved * _width : buffer.Length + buffer.Length / 4L + 64L * _width;
            var grown = GC.AllocateUninitializedArray<float>((int)Math.Min(Array.MaxLength, Math.Max(needed, room)));
            buffer.AsSpan(0, start).CopyTo(grown);
            buffer = grown;
        }

        rows.CopyTo(buffer.AsSpan(start));
        return buffer.AsMemory(0, needed);
    }
}
