using System.Collections;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Rows of the same fields (a list of records, tuples or anonymous objects, a dictionary) as a table.</summary>
internal sealed class RecordTable
{
    private const int MaxColumns = 12;
    private const int MaxRows = 40;

    private readonly string[] _columns;
    private readonly bool[] _numeric;
    private readonly List<string[]> _rows = [];
    private readonly string? _more;

    private RecordTable(string[] columns, IReadOnlyList<object?[]> rows, string? more)
    {
        (_columns, _more) = (columns, more);
        _numeric = [.. columns.Select((_, c) => rows.All(r => r[c] is null || IsNumber(r[c]!)))];
        _rows.AddRange(rows.Select(r => r.Select(PlainText.Field).ToArray()));
    }

    /// <summary>The table, or null when the value is not rows of the same few fields. Only the first <paramref name="maxRows"/> are shown.</summary>
    public static RecordTable? TryCreate(object? value, int maxRows = MaxRows)
    {
        if (value is not IEnumerable items || value is string || ValueFormatter.HasOwnFormatter(value))
            return null;
        var rows = items.Cast<object?>().Take(maxRows is int.MaxValue ? maxRows : maxRows + 1).ToList();
        if (rows.Count == 0 || rows.Any(r => r is null) || rows.Select(r => r!.GetType()).Distinct().Count() != 1 || Fields(rows[0]!) is not { } fields)
            return null;
        var more = rows.Count <= maxRows ? null
            : items is ICollection all ? string.Create(CultureInfo.InvariantCulture, $"… {all.Count - maxRows} more rows") : "… more rows";
        return new RecordTable(fields.Names, [.. rows.Take(maxRows).Select(r => fields.Values(r!))], more);
    }

    /// <summary>Aligned columns, a rule under the head.</summary>
    public string ToText()
    {
        var widths = _columns.Select((name, c) => _rows.Select(r => r[c].Length).Append(name.Length).Max()).ToArray();
        var text = new StringBuilder();
        Line(_columns);
        Line([.. widths.Select(w => new string('─', w))]);
        _rows.ForEach(Line);
        if (_more is not null)
            text.Append(_more).Append('\n');
        return text.ToString().TrimEnd('\n');

        void Line(string[] fields) => text
            .Append(string.Join("  ", fields.Select((f, c) => _numeric[c] ? f.PadLeft(widths[c]) : f.PadRight(widths[c]))).TrimEnd()).Append('\n');
    }

    /// <summary>A bare table, styled by the page it stands in.</summary>
    public string ToHtml()
    {
        var html = new StringBuilder("<table>\n<thead><tr>");
        foreach (var name in _columns)
            html.Append("<th>").Append(WebUtility.HtmlEncode(name)).Append("</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in _rows)
        {
            html.Append("<tr>");
            for (var c = 0; c < row.Length; c++)
                html.Append(_numeric[c] ? "<td style=\"text-align: right\">" : "<td>").Append(WebUtility.HtmlEncode(row[c])).Append("</td>");
            html.Append("</tr>\n");
        }

        html.Append("</tbody>\n</table>");
        if (_more is not null)
            html.Append("\n<p>").Append(_more).Append("</p>");
        return html.ToString();
    }

    private static (string[] Names, Func<object, object?[]> Values)? Fields(object row)
    {
        if (row is IEnumerable<KeyValuePair<string, object?>> named)
            return Named([.. named.Select(p => p.Key)]);
        if (PlainText.IsScalar(row) || ValueFormatter.HasOwnFormatter(row) || row is IEnumerable)
            return null;
        if (row is ITuple tuple)
            return ([.. Enumerable.Range(1, tuple.Length).Select(i => string.Create(CultureInfo.InvariantCulture, $"Item{i}"))],
                r => [.. Enumerable.Range(0, ((ITuple)r).Length).Select(i => ((ITuple)r)[i])]);
        var properties = PlainText.Properties(row.GetType());
        return properties.Length is 0 or > MaxColumns ? null
            : ([.. properties.Select(p => p.Name)], r => [.. properties.Select(p => PlainText.Read(p, r))]);
    }

    // Dictionaries of fields: the first row's names are the columns.
    private static (string[] Names, Func<object, object?[]> Values)? Named(string[] names) =>
        names.Length is 0 or > MaxColumns ? null : (names, row => Values(row, names));

    private static object?[] Values(object row, string[] names)
    {
        var fields = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in (IEnumerable<KeyValuePair<string, object?>>)row)
            fields[name] = value;
        return [.. names.Select(n => fields.GetValueOrDefault(n))];
    }

    private static bool IsNumber(object value) =>
        value is Half or decimal || (value.GetType().IsPrimitive && value is not bool and not char);
}
