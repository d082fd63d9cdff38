using Microsoft.AspNetCore.Html;

namespace FeatureInterp.Kernel.Interactive;

#pragma warning disable IDE1006 // Spelled as C# notebooks have always spelled them.

/// <summary>The functions every cell can call without naming a class.</summary>
public static class CellFunctions
{
    /// <summary>Shows a value now, in the MIME types given or in those its type prefers; <c>display(x).Update(y)</c> replaces it.</summary>
    public static DisplayedValue display(object? value, params string[] mimeTypes) => DisplayedValue.Show(value, mimeTypes);

    /// <summary>Text that is HTML, to return from a cell or to display.</summary>
    public static IHtmlContent HTML(string content) => new HtmlString(content);
}
