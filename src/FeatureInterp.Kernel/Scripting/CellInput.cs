using System.Runtime.CompilerServices;
using FeatureInterp.Kernel.Interactive;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>What a cell reads from <see cref="Console"/>: asked of whoever sits before its notebook, line by line. Outside cells, the process's own input.</summary>
internal sealed class CellInput(TextReader outside) : TextReader
{
    private readonly ConditionalWeakTable<CellContext, Pending> _pending = [];

    /// <inheritdoc/>
    public override string? ReadLine()
    {
        if (KernelContext.Current is not { } cell)
            return outside.ReadLine();
        var pending = Of(cell);
        if (pending.Text.Length == pending.At)
            return cell.Sink.ReadLine("", password: false, cell.Token);
        var rest = pending.Text[pending.At..].TrimEnd('\n');
        pending.At = pending.Text.Length;
        return rest;
    }

    /// <inheritdoc/>
    public override int Peek()
    {
        if (KernelContext.Current is not { } cell)
            return outside.Peek();
        var pending = Of(cell);
        return pending.At < pending.Text.Length ? pending.Text[pending.At] : -1;
    }

    /// <inheritdoc/>
    public override int Read()
    {
        if (KernelContext.Current is not { } cell)
            return outside.Read();
        var pending = Of(cell);
        if (pending.At == pending.Text.Length)
            (pending.Text, pending.At) = (cell.Sink.ReadLine("", password: false, cell.Token) + "\n", 0);
        return pending.Text[pending.At++];
    }

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count)
    {
        if (KernelContext.Current is null)
            return outside.Read(buffer, index, count);
        var read = 0;
        // One line at a time, as a terminal gives it: what is there already, else one question.
        while (read < count && (read == 0 || Peek() >= 0))
            buffer[index + read++] = (char)Read();
        return read;
    }

    // One line is one answer; there is no end to wait for.
    /// <inheritdoc/>
    public override string ReadToEnd() => KernelContext.Current is null ? outside.ReadToEnd() : ReadLine() ?? "";

    // What a cell did not read of a line is gone with the cell.
    private Pending Of(CellContext cell) => _pending.GetOrCreateValue(cell);

    private sealed class Pending
    {
        public string Text { get; set; } = "";

        public int At { get; set; }
    }
}
