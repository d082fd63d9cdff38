namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>One kernel line, <c>#!name</c>.</summary>
internal interface IMagic
{
    /// <summary>Its name, without <c>#!</c>.</summary>
    string Name { get; }

    /// <summary>How it is written.</summary>
    string Usage { get; }

    /// <summary>What it does, in a few words.</summary>
    string Summary { get; }

    /// <summary>What its line may hold.</summary>
    MagicSyntax Syntax { get; }

    /// <summary>Whether the lines under it, up to the next kernel's mark, are its text and not C#.</summary>
    bool TakesText(MagicLine line) => false;

    /// <summary>Does it.</summary>
    /// <param name="line">The line.</param>
    /// <param name="text">The lines under it, when it takes them; otherwise empty.</param>
    /// <param name="context">The cell it stands in.</param>
    /// <returns>How the code it ran failed, or null when all went well.</returns>
    /// <exception cref="MagicException">It cannot be done.</exception>
    Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context);
}
