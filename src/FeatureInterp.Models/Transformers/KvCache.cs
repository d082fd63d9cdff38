namespace FeatureInterp.Models;

/// <summary>
/// The rotated keys and the values of every layer for the tokens already run, so that a later step computes only new tokens.
/// Each prompt has its own length.
/// </summary>
public sealed class KvCache
{
    private readonly float[][] _keys;
    private readonly float[][] _values;
    private readonly int[] _held;
    private readonly int[] _reserved;
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
        Array.Fill(_keys, []);
        Array.Fill(_values, []);
    }

    /// <summary>The number of prompts.</summary>
    public int Count => _lengths.Length;

    /// <summary>The number of tokens held for a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    public int Length(int prompt) => _lengths[prompt];

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
        _held[slot] = _lengths[prompt] + keys.Length / _width;
        var start = _lengths[prompt] * _width;
        return (Append(ref _keys[slot], start, keys, _reserved[prompt]), Append(ref _values[slot], start, values, _reserved[prompt]));
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
    private ReadOnlyMemory<float> Append(ref float[] buffer, int start, ReadOnlySpan<float> rows, int reserved)
    {
        var needed = checked(start + rows.Length);
        if (buffer.Length < needed)
        {
            var room = start == 0 ? (long)reserved * _width : buffer.Length + buffer.Length / 4L + 64L * _width;
            var grown = GC.AllocateUninitializedArray<float>((int)Math.Min(Array.MaxLength, Math.Max(needed, room)));
            buffer.AsSpan(0, start).CopyTo(grown);
            buffer = grown;
        }

        rows.CopyTo(buffer.AsSpan(start));
        return buffer.AsMemory(0, needed);
    }
}
