using System.Collections;
using Microsoft.DotNet.Interactive.Formatting.TabularData;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Tables in the form data notebooks exchange (<c>application/table-schema+json</c>), which the formatting package makes.</summary>
internal static class TabularData
{
    /// <summary>The type's MIME name.</summary>
    public const string MimeType = "application/table-schema+json";

    /// <summary>The most rows put into one output.</summary>
    public const int MaxRows = 10_000;

    /// <summary>Rows of fields as such a table; anything else as it is.</summary>
    public static object From(IEnumerable rows)
    {
        var bounded = rows.Cast<object?>().Take(MaxRows).ToList();
        return RecordTable.TryCreate(bounded) is null ? bounded : bounded.ToTabularDataResource();
    }
}
