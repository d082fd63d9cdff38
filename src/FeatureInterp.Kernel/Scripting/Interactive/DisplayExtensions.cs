namespace FeatureInterp.Kernel.Interactive;

/// <summary>Showing a value from the middle of a cell: <c>x.Display()</c>.</summary>
public static class DisplayExtensions
{
    /// <summary>Shows the value now, in the MIME types given or in those its type prefers.</summary>
    public static DisplayedValue Display(this object? value, params string[] mimeTypes) => DisplayedValue.Show(value, mimeTypes);

    /// <summary>Shows the value now, in one MIME type.</summary>
    public static DisplayedValue DisplayAs(this object? value, string mimeType) => DisplayedValue.Show(value, [mimeType]);
}
