using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What fired on the tokens of one row: by position, then by slot. A slot is a feature, or a place in the list of chosen ones.</summary>
internal sealed class FiredRow
{
    private readonly int[] _starts;      // [pos + 1]
    private readonly int[] _slots;
    private readonly float[] _values;

    private FiredRow(int[] starts, int[] slots, float[] values) => (_starts, _slots, _values) = (starts, slots, values);

    public int Positions => _starts.Length - 1;

    /// <summary>All features.</summary>
    public static FiredRow Of(SparseFeatures features)
    {
        var starts = new int[features.Tokens + 1];
        for (var t = 0; t < features.Tokens; t++)
            starts[t + 1] = starts[t] + features.L0(t);
        var (slots, values) = (new int[features.Count], new float[features.Count]);
        for (var i = 0; i < features.Count; i++)
            (slots[i], values[i]) = (features[i].Feature, features[i].Value);
        return new FiredRow(starts, slots, values);
    }

    /// <summary>Chosen features, [pos, slot].</summary>
    public static FiredRow Of(Tensor acts)
    {
        var starts = new int[acts.Shape[0] + 1];
        List<int> slots = [];
        List<float> values = [];
        for (var t = 0; t < acts.Shape[0]; t++)
        {
            var row = acts.Row(t);
            for (var s = 0; s < row.Length; s++)
            {
                if (row[s] != 0)
                {
                    slots.Add(s);
                    values.Add(row[s]);
                }
            }

            starts[t + 1] = slots.Count;
        }

        return new FiredRow(starts, [.. slots], [.. values]);
    }

    /// <summary>The slots that fired at a position, in order, and their activations.</summary>
    public (ReadOnlyMemory<int> Slots, ReadOnlyMemory<float> Values) At(int position)
    {
        var range = _starts[position].._starts[position + 1];
        return (_slots.AsMemory(range), _values.AsMemory(range));
    }

    /// <summary>A slot's activation at a position; 0 where it did not fire.</summary>
    public float Value(int position, int slot)
    {
        var found = Array.BinarySearch(_slots, _starts[position], _starts[position + 1] - _starts[position], slot);
        return found < 0 ? 0 : _values[found];
    }
}
