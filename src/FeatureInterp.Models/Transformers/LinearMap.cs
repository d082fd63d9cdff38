using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// One matrix of a block with its bias: <c>y = x·W + b</c>, W [in, out] in the field's orientation, whatever way and order the file
/// has it in. The weight stays in the file.
/// </summary>
internal sealed class LinearMap
{
    private readonly Weight _weight;
    private readonly bool _inputFirst;
    private readonly int[]? _outputs;

    /// <summary>Describes a matrix of a file.</summary>
    /// <param name="weight">[out, in] as Hugging Face stores a linear layer, or [in, out].</param>
    /// <param name="bias">[out], if there is one.</param>
    /// <param name="inputFirst">Whether the file's matrix is [in, out], as GPT-2's is.</param>
    /// <param name="outputs">For each output its place in the file's order; null where that is the order.</param>
    public LinearMap(Weight weight, Tensor? bias = null, bool inputFirst = false, int[]? outputs = null)
    {
        _weight = weight;
        _inputFirst = inputFirst;
        _outputs = outputs;
        Bias = bias;
        Inputs = inputFirst ? weight.RowCount : weight.RowLength;
        Outputs = outputs?.Length ?? (inputFirst ? weight.RowLength : weight.RowCount);
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>[out], or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>The file's matrix.</summary>
    public Weight Weight => _weight;

    /// <summary>y = x·W + b, or x·W alone.</summary>
    /// <param name="x">[row, in]</param>
    /// <param name="y">[row, out]</param>
    /// <param name="withBias">Whether to add b.</param>
    public void Apply(ReadOnlySpan<float> x, Span<float> y, bool withBias = true)
    {
        if (_outputs is null && _inputFirst)
            Kernels.MatMul(x, _weight, y);
        else if (_outputs is null)
            Kernels.Linear(x, _weight, y);
        else if (_inputFirst)
            Kernels.MatMulColumns(x, _weight, _outputs, y);
        else if (_outputs.Length == _weight.RowCount)
            Reordered(x, _outputs, y);
        else
            Selected(x, _outputs, y);
        if (withBias && Bias is { } bias)
            AddToRows(bias.Span, y);
    }

    /// <summary>The map to some of the outputs alone: a head's part of W_Q.</summary>
    /// <param name="first">The first output.</param>
    /// <param name="count">How many.</param>
    public LinearMap Part(int first, int count)
    {
        if (Outputs == 0)
            return this;
        var outputs = new int[count];
        for (var i = 0; i < count; i++)
            outputs[i] = first + i;
        return Pick(outputs);
    }

    /// <summary>The map to these outputs, in this order.</summary>
    /// <param name="outputs">Indices of outputs.</param>
    public LinearMap Pick(int[] outputs)
    {
        if (Outputs == 0)
            return this;
        Tensor? bias = null;
        if (Bias is { } all)
        {
            bias = Tensor.Uninitialized(outputs.Length);
            for (var j = 0; j < outputs.Length; j++)
                bias.Span[j] = all.Span[outputs[j]];
        }

        return new LinearMap(_weight, bias, _inputFirst, Array.ConvertAll(outputs, j => _outputs?[j] ?? j));
    }

    /// <summary>The map's outputs out of one row that holds all outputs of the file's matrix.</summary>
    public void TakeOutputs(ReadOnlySpan<float> all, Span<float> y)
    {
        for (var j = 0; j < y.Length; j++)
            y[j] = all[_outputs?[j] ?? j];
    }

    /// <summary>W as fp32, [in, out].</summary>
    public Tensor Dense()
    {
        var dense = Tensor.Uninitialized(Inputs, Outputs);
        var row = new float[_weight.RowLength];
        if (_inputFirst)
        {
            for (var i = 0; i < Inputs; i++)
            {
                _weight.CopyRow(i, row);
                for (var j = 0; j < Outputs; j++)
                    dense.Span[i * Outputs + j] = row[_outputs?[j] ?? j];
            }

            return dense;
        }

        for (var j = 0; j < Outputs; j++)
        {
            _weight.CopyRow(_outputs?[j] ?? j, row);
            for (var i = 0; i < Inputs; i++)
                dense.Span[i * Outputs + j] = row[i];
        }

        return dense;
    }

    /// <summary>One column of W, [in]: what an output reads.</summary>
    public Tensor Column(int output)
    {
        var column = Tensor.Uninitialized(Inputs);
        var at = _outputs?[output] ?? output;
        if (!_inputFirst)
        {
            _weight.CopyRow(at, column.Span);
            return column;
        }

        var row = new float[_weight.RowLength];
        for (var i = 0; i < Inputs; i++)
        {
            _weight.CopyRow(i, row);
            column.Span[i] = row[at];
        }

        return column;
    }

    /// <summary>Adds one vector to every row.</summary>
    public static void AddToRows(ReadOnlySpan<float> bias, Span<float> rows)
    {
        for (; rows.Length > 0; rows = rows[bias.Length..])
            TensorPrimitives.Add(rows[..bias.Length], bias, rows[..bias.Length]);
    }

    // All outputs are wanted, in another order: compute them in the file's, then put them in place.
    private void Reordered(ReadOnlySpan<float> x, int[] outputs, Span<float> y)
    {
        var rented = ArrayPool<float>.Shared.Rent(y.Length);
        var all = rented.AsSpan(0, y.Length);
        Kernels.Linear(x, _weight, all);
        for (var row = 0; row < y.Length; row += outputs.Length)
        {
            for (var j = 0; j < outputs.Length; j++)
                y[row + j] = all[row + outputs[j]];
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // Some outputs are wanted: the rows of the file that lie together are multiplied together.
    private void Selected(ReadOnlySpan<float> x, int[] outputs, Span<float> y)
    {
        var rows = x.Length / Inputs;
        for (int from = 0, to; from < outputs.Length; from = to)
        {
            for (to = from + 1; to < outputs.Length && outputs[to] == outputs[to - 1] + 1;)
                to++;
            var part = ArrayPool<float>.Shared.Rent(rows * (to - from));
            Kernels.Linear(x, _weight.Rows(outputs[from], to - from), part.AsSpan(0, rows * (to - from)));
            for (var row = 0; row < rows; row++)
                part.AsSpan(row * (to - from), to - from).CopyTo(y[(row * outputs.Length + from)..]);
            ArrayPool<float>.Shared.Return(part);
        }
    }
}
