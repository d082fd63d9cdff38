using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// One matrix of a block with its bias: <c>y = x·W + b</c>, W [in, out] in the field's orientation, whatever way and order the file
/// has it in. The weight stays in the file.
/// </summary>
internal sealed partial class LinearMap
{
    private readonly Weight _weight;
    private readonly bool _inputFirst;
    private readonly int[]? _outputs;
    private WeightParts? _parts;
    private (int From, int To, int Length)[]? _runs;

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

    /// <summary>y = x·W + b, of rows that do not come from prompts.</summary>
    /// <param name="x">[row, in]</param>
    /// <param name="y">[row, out]</param>
    public void Apply(ReadOnlySpan<float> x, Span<float> y)
    {
        Multiply(x, y);
        AddBias(y);
    }

    /// <summary>y = x·W + b, or x·W alone.</summary>
    /// <param name="rows">Which rows stand alone.</param>
    /// <param name="x">[row, in]</param>
    /// <param name="y">[row, out]</param>
    /// <param name="withBias">Whether to add b.</param>
    public void Apply(RowSplit rows, Tensor x, Tensor y, bool withBias = true) => Apply(rows, x, [(this, y)], withBias);

    /// <summary>Several maps of one input: for a single row all of them are one piece of work for the threads.</summary>
    /// <param name="rows">Which rows stand alone.</param>
    /// <param name="x">[row, in]</param>
    /// <param name="maps">The maps, and [row, out] for each.</param>
    /// <param name="withBias">Whether to add the biases.</param>
    public static void Apply(RowSplit rows, Tensor x, ReadOnlySpan<(LinearMap Map, Tensor Y)> maps, bool withBias = true)
    {
        foreach (var (map, y) in maps)
        {
            if (map._inputFirst || rows.Count > Math.Max(1, rows.Lone.Length))
                map.Multiply(x.Span, y.Span);
            else if (rows.Lone.Length < rows.Count)
                map.MultiplyAsOneOfMany(x.Span, y.Span);
        }

        if (rows.Lone.Length > 0)
            LoneRows.Multiply(rows.Lone, x, maps);
        foreach (var (map, y) in maps)
        {
            if (withBias)
                map.AddBias(y.Span);
        }
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

    /// <summary>The map's outputs, with its bias, out of rows that hold all outputs of the file's matrix.</summary>
    /// <param name="all">[row, all outputs]</param>
    /// <param name="y">[row, out]</param>
    public void TakeOutputs(Tensor all, Tensor y)
    {
        const int RowsAtOnce = 32;
        var rows = y.Shape[0];
        if (rows <= RowsAtOnce)
            TakeOutputs(all, y, 0, rows);
        else
            TakeOutputsParallel(all, y, rows, RowsAtOnce);
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

    /// <summary>The file's matrix cut for the threads, where rows of it are outputs and all of them are wanted; else null.</summary>
    internal WeightParts? Parts => !_inputFirst && (_outputs is null || IsReordered) ? _parts ??= new WeightParts(_weight) : null;

    /// <summary>Whether the file has all the outputs, but in another order.</summary>
    internal bool IsReordered => !_inputFirst && _outputs?.Length == _weight.RowCount;

    /// <summary>Puts one row's outputs, which are in the file's order, into the map's.</summary>
    internal void Reorder(ReadOnlySpan<float> all, Span<float> y)
    {
        for (var j = 0; j < y.Length; j++)
            y[j] = all[_outputs![j]];
    }

    /// <summary>Whether a row comes out the same alone and among others.</summary>
    internal bool IsRowIndependent => _inputFirst;

    /// <summary>y = x·W.</summary>
    internal void Multiply(ReadOnlySpan<float> x, Span<float> y)
    {
        if (_outputs is null && _inputFirst)
            Kernels.MatMul(x, _weight, y);
        else if (_outputs is null)
            Kernels.Linear(x, _weight, y);
        else if (_inputFirst)
            Kernels.MatMulColumns(x, _weight, _outputs, y);
        else if (IsReordered)
            Reordered(x, y);
        else
            Selected(x, _outputs, y);
    }

    // One row as the kernels compute it where there are several.
    private void MultiplyAsOneOfMany(ReadOnlySpan<float> x, Span<float> y)
    {
        var (twice, both) = (ArrayPool<float>.Shared.Rent(2 * x.Length), ArrayPool<float>.Shared.Rent(2 * y.Length));
        x.CopyTo(twice);
        x.CopyTo(twice.AsSpan(x.Length));
        Multiply(twice.AsSpan(0, 2 * x.Length), both.AsSpan(0, 2 * y.Length));
        both.AsSpan(0, y.Length).CopyTo(y);
        ArrayPool<float>.Shared.Return(twice);
        ArrayPool<float>.Shared.Return(both);
    }

    private void AddBias(Span<float> y)
    {
        if (Bias is { } bias)
            Kernels.AddToRows(y, bias.Span, y);
    }

    private void TakeOutputsParallel(Tensor all, Tensor y, int rows, int rowsAtOnce) =>
        Workers.Run((rows + rowsAtOnce - 1) / rowsAtOnce, chunk => TakeOutputs(all, y, chunk * rowsAtOnce, Math.Min(rows, (chunk + 1) * rowsAtOnce)));

    private void TakeOutputs(Tensor all, Tensor y, int first, int end)
    {
        var runs = _runs ??= Runs();
        for (var row = first; row < end; row++)
        {
            Span<float> from = all.Row(row), to = y.Row(row);
            foreach (var run in runs)
            {
                var part = from.Slice(run.From, run.Length);
                if (Bias is { } bias)
                    TensorPrimitives.Add(part, bias.Span.Slice(run.To, run.Length), to.Slice(run.To, run.Length));
                else
                    part.CopyTo(to[run.To..]);
            }
        }
    }

    // Outputs that lie side by side in the file.
    private (int From, int To, int Length)[] Runs()
    {
        if (_outputs is not { } outputs)
            return [(0, 0, Outputs)];
        var runs = new List<(int From, int To, int Length)>();
        for (int from = 0, to; from < outputs.Length; from = to)
        {
            for (to = from + 1; to < outputs.Length && outputs[to] == outputs[to - 1] + 1;)
                to++;
            runs.Add((outputs[from], from, to - from));
        }

        return [.. runs];
    }

    // All outputs are wanted, in another order: compute them in the file's, then put them in place.
    private void Reordered(ReadOnlySpan<float> x, Span<float> y)
    {
        var rented = ArrayPool<float>.Shared.Rent(y.Length);
        var all = rented.AsSpan(0, y.Length);
        Kernels.Linear(x, _weight, all);
        for (var row = 0; row < y.Length; row += Outputs)
            Reorder(all.Slice(row, Outputs), y.Slice(row, Outputs));
        ArrayPool<float>.Shared.Return(rented);
    }

    // Some outputs are wanted: the rows of the file that lie together are multiplied together.
    private void Selected(ReadOnlySpan<float> x, int[] outputs, Span<float> y)
    {
        var rows = x.Length / Inputs;
        foreach (var run in _runs ??= Runs())
        {
            var part = ArrayPool<float>.Shared.Rent(rows * run.Length);
            Kernels.Linear(x, _weight.Rows(run.From, run.Length), part.AsSpan(0, rows * run.Length));
            for (var row = 0; row < rows; row++)
                part.AsSpan(row * run.Length, run.Length).CopyTo(y[(row * outputs.Length + run.To)..]);
            ArrayPool<float>.Shared.Return(part);
        }
    }
}
