using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary><c>#!reset</c>: forgets every variable, type, using and package of the session. What is below it in the cell runs afresh.</summary>
internal sealed class ResetMagic : IMagic
{
    /// <inheritdoc/>
    public string Name => "reset";

    /// <inheritdoc/>
    public string Usage => "#!reset";

    /// <inheritdoc/>
    public string Summary => "Forgets all variables.";

    /// <inheritdoc/>
    public MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <inheritdoc/>
    public Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        context.Session.Reset();
        context.Show(MimeBundle.FromText("All variables are forgotten."));
        return Task.FromResult<CellResult?>(null);
    }
}
