using System.Text;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Keeps a cell's output whole in a file beside the notebook when it is too long to be sent, if
/// <c>FEATUREINTERP_SAVE_OUTPUT</c> is 1. No file is made for output that fits.
/// </summary>
/// <param name="path">The file to write when output overflows; one that is there is replaced.</param>
internal sealed class OverflowFile(string path)
{
    /// <summary>The environment variable that asks for it.</summary>
    public const string Variable = "FEATUREINTERP_SAVE_OUTPUT";

    private readonly StringBuilder _begun = new();
    private StreamWriter? _writer;
    private string? _problem;

    /// <summary>Whether the user asked.</summary>
    public static bool Wanted => Environment.GetEnvironmentVariable(Variable) is "1";

    /// <summary>The end of a sentence that says where the whole output is.</summary>
    public string Where => _problem is null ? $"; it is whole in {path}" : $", nor could it be saved ({_problem})";

    /// <summary>Takes the next piece.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="overflows">Whether the cell's output has become too long to send.</param>
    public void Write(string text, bool overflows)
    {
        if (_problem is not null)
            return;
        if (!overflows)
        {
            _begun.Append(text);
            return;
        }

        try
        {
            if (_writer is null)
            {
                _writer = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
                _writer.Write(_begun);
                _begun.Clear();
            }

            _writer.Write(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problem = e.Message.TrimEnd('.');
            _begun.Clear();
        }
    }
}
