using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary><c>#!time</c>: shows how long the whole cell took, wherever in it the line stands.</summary>
internal sealed class TimeMagic : IMagic
{
    /// <inheritdoc/>
    public string Name => "time";

    /// <inheritdoc/>
    public string Usage => "#!time";

    /// <inheritdoc/>
    public string Summary => "Shows how long the cell took.";

    /// <inheritdoc/>
    public MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <summary>Elapsed wall time in whole milliseconds.</summary>
    public static MimeBundle Format(Stopwatch clock) =>
        MimeBundle.FromText(string.Create(CultureInfo.InvariantCulture, $"Wall time: {clock.Elapsed.TotalMilliseconds:F0} ms"));

    /// <inheritdoc/>
    public Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context) => Task.FromResult<CellResult?>(null);
}
