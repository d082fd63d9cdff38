using System.Text;
using FeatureInterp.Kernel.Interactive;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Sends what a cell writes to <see cref="Console"/> to that cell, and has it read from there; everything else goes where it always went.</summary>
internal static class ConsoleCapture
{
    private static readonly Lock Gate = new();
    private static bool _installed;

    /// <summary>The process's own standard output, whether or not cells are captured.</summary>
    public static TextWriter Outside { get; private set; } = Console.Out;

    /// <summary>Puts the capturing writers in place, once per process.</summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (_installed)
                return;
            _installed = true;
            Outside = Console.Out;
            Console.SetOut(new CellWriter(Console.Out, StandardStream.Output));
            Console.SetIn(new CellInput(Console.In));
            Console.SetError(new CellWriter(Console.Error, StandardStream.Error));
        }
    }

    private sealed class CellWriter : TextWriter
    {
        private readonly TextWriter _outside;
        private readonly StandardStream _stream;

        public CellWriter(TextWriter outside, StandardStream stream)
        {
            (_outside, _stream) = (outside, stream);
            CoreNewLine = ['\n'];
        }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

        public override void WriteLine(string? value) => Write(value + "\n");

        public override void Write(string? value)
        {
            if (string.IsNullOrEmpty(value))
                return;
            if (KernelContext.Current is { } cell)
                cell.Sink.WriteStream(_stream, value);
            else
                _outside.Write(value);
        }

        public override void Flush() => _outside.Flush();
    }
}
