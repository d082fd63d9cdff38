namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Notes for whoever looks at the kernel's own error stream. Bounded: a client that sends nonsense for hours fills no disk.</summary>
/// <param name="writer">Where notes go.</param>
internal sealed class KernelLog(TextWriter writer)
{
    private const int MaxNotes = 200;
    private readonly Lock _gate = new();
    private int _notes;

    /// <summary>How many notes there were, written or not.</summary>
    public int Count => Volatile.Read(ref _notes);

    /// <summary>Writes one line.</summary>
    public void Note(string sentence)
    {
        lock (_gate)
        {
            if (++_notes > MaxNotes)
                return;
            try
            {
                writer.WriteLine($"featureinterp kernel: {sentence}");
                if (_notes == MaxNotes)
                    writer.WriteLine("featureinterp kernel: further notes are left out.");
                writer.Flush();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // Nobody reads it.
            }
        }
    }
}
