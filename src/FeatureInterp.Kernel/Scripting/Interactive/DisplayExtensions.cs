using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Interactive;

/// <summary>Showing a value from the middle of a cell: <c>x.Display()</c>.</summary>
public static class DisplayExtensions
{
    /// <summary>Shows the value now, in the MIME types given or in those its type prefers.</summary>
    public static DisplayedValue Display(this object? value, params string[] mimeTypes) => DisplayedValue.Show(value, mimeTypes);

    /// <summary>Shows the value now, in one MIME type.</summary>
    public static DisplayedValue DisplayAs(this object? value, string mimeType) => DisplayedValue.Show(value, [mimeType]);

    /// <summary>
    /// Shows rows of fields (records, anonymous objects, dictionaries of fields) as a table now: HTML, aligned text, and
    /// <c>application/table-schema+json</c> for front ends that sort and filter.
    /// </summary>
    public static DisplayedValue DisplayTable<T>(this IEnumerable<T> rows) => DisplayedValue.Show(TabularData.From(rows), []);
}
