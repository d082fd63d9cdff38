using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureInterp.Kernel.Notebooks;
using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive.Formatting;
using Microsoft.DotNet.Interactive.Formatting.TabularData;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// A value in MIME types. A type with formatters of its own (registered with <c>Formatter.Register</c>, or found through an attribute
/// named <c>TypeFormatterSource</c>) is drawn by them, in every type it prefers; anything else gets our own plain text and, when it is
/// rows of fields, a table. There is always <c>text/plain</c>. A formatter that throws is told in the output; it fails nothing.
/// </summary>
public static partial class ValueFormatter
{
    /// <summary>Characters of plain text kept; the rest is cut with a note.</summary>
    public const int MaxText = 1 << 20;

    /// <summary>Characters of any other type kept; more is left out with a note, since half a picture is none.</summary>
    public const int MaxRich = 16 << 20;

    /// <summary>The value in <paramref name="mimeTypes"/>, or in those its type prefers when none are given, and in plain text.</summary>
    public static MimeBundle Format(object? value, params string[] mimeTypes)
    {
        var items = new Dictionary<string, string>(StringComparer.Ordinal);
        var notes = new List<string>();
        var shown = SequenceHead.Of(value, PlainText.MaxItems + 1);
        string[] types = mimeTypes.Length > 0 ? mimeTypes : [.. Preferred(value)];
        foreach (var type in types.Contains(MimeBundle.PlainTextType, StringComparer.Ordinal) ? types : [.. types, MimeBundle.PlainTextType])
            Add(items, notes, type is MimeBundle.HtmlType or MimeBundle.PlainTextType ? shown : value, type);
        if (!items.ContainsKey(MimeBundle.PlainTextType) && value is not null && HasOwnFormatter(value))
            Plain(items, value);
        if (items.GetValueOrDefault(MimeBundle.PlainTextType) is { } plain)
            notes.Insert(0, Cut(plain));
        items[MimeBundle.PlainTextType] = string.Join('\n', notes);
        return new MimeBundle(items);
    }

    /// <summary>Whether someone gave this value's type a formatter of its own.</summary>
    internal static bool HasOwnFormatter(object value)
    {
        var type = value.GetType();
        return type.GetCustomAttributes(inherit: true).Any(a => string.Equals(a.GetType().Name, "TypeFormatterSourceAttribute", StringComparison.Ordinal))
            || Formatter.RegisteredFormatters(includeDefaults: false).Any(f => Covers(f.Type, type));
    }

    /// <summary>Text cut to what an output may hold.</summary>
    internal static string Cut(string text)
    {
        if (text.Length <= MaxText)
            return text;
        var end = char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, end)}\n… {text.Length - end} more characters not stored");
    }

    private static void Add(Dictionary<string, string> items, List<string> notes, object? value, string type)
    {
        try
        {
            var content = Render(value, type);
            if (content is null)
                return;
            if (MimeBundle.IsJson(type))
                JsonDocument.Parse(content).Dispose();
            if (!string.Equals(type, MimeBundle.PlainTextType, StringComparison.Ordinal) && content.Length > MaxRich)
                notes.Add(string.Create(CultureInfo.InvariantCulture, $"({type} left out: {content.Length} characters, at most {MaxRich} are stored)"));
            else
                items[type] = content;
        }
        catch (Exception e)
        {
            var formatter = value is not null && HasOwnFormatter(value) ? FormatterOf(value, type) : null;
            notes.Add($"({type} could not be made{(formatter is null ? "" : $" by the formatter of {PlainText.TypeName(formatter.Type)}")}: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")})");
        }
    }

    // When a type's own formatter for plain text throws, its members are still worth reading.
    private static void Plain(Dictionary<string, string> items, object value)
    {
        try
        {
            items[MimeBundle.PlainTextType] = PlainText.WithoutFormatter(value);
        }
        catch (Exception)
        {
            // The note about the formatter is all there is to say.
        }
    }

    private static IEnumerable<string> Preferred(object? value) => value switch
    {
        null => [],
        IHtmlContent => [MimeBundle.HtmlType],
        TabularDataResource => [MimeBundle.HtmlType, TabularData.MimeType, MimeBundle.PlainTextType],
        _ when HasOwnFormatter(value) => Formatter.GetPreferredMimeTypesFor(value.GetType()),
        // Someone may have said how a type without a formatter of its own is wanted, as JSON or CSV.
        _ => [.. Formatter.GetPreferredMimeTypesFor(value.GetType()).Append(MimeBundle.HtmlType).Append(MimeBundle.PlainTextType).Distinct(StringComparer.Ordinal)],
    };

    /// <summary>The content, or null when the value has nothing better than plain text to give in this type.</summary>
    private static string? Render(object? value, string type)
    {
        if (value is TabularDataResource table && !string.Equals(type, TabularData.MimeType, StringComparison.Ordinal))
            return Render(table.Data.ToList(), type);
        if (value is not null && HasOwnFormatter(value) && Own(value, type) is { } own)
            return own;
        return type switch
        {
            MimeBundle.PlainTextType => value is IHtmlContent content ? SafeHtml.ToPlainText(Packaged(content, MimeBundle.HtmlType)) : PlainText.Format(value),
            MimeBundle.HtmlType => RecordTable.TryCreate(value)?.ToHtml() ?? (value is IHtmlContent || DrawsItsItems(value) ? Packaged(value, type) : null),
            _ => value is not null && HasOwnFormatter(value) ? null : Packaged(value, type),
        };
    }

    /// <summary>What the value's own formatter for this type writes, or null when it has none or that one declines.</summary>
    internal static string? Own(object value, string type)
    {
        if (FormatterOf(value, type) is not { } formatter)
            return null;
        using var writer = new BoundedWriter(4 * MaxRich);
        if (!formatter.Format(value, new FormatContext(writer)))
            return null;
        // For a formatter that declines, the package writes its own tree of properties instead.
        var content = writer.ToString();
        return PackageTree().IsMatch(content) ? null : Styles().Replace(content, "");
    }

    private static ITypeFormatter? FormatterOf(object value, string type) =>
        Formatter.GetPreferredFormatterFor(value.GetType(), type) is { } formatter && formatter.Type != typeof(object) ? formatter : null;

    private static string Packaged(object? value, string type) => Styles().Replace(value.ToDisplayString(type), "");

    // A list of things that draw themselves: the package lays it out and calls each one's own formatter.
    private static bool DrawsItsItems(object? value) =>
        value is System.Collections.IEnumerable items and not string && items.Cast<object?>().FirstOrDefault() is { } first && HasOwnFormatter(first);

    private static bool Covers(Type formatted, Type type) =>
        formatted.IsAssignableFrom(type)
        || (formatted.IsGenericTypeDefinition && type.IsGenericType && type.GetGenericTypeDefinition() == formatted);

    [GeneratedRegex("^<(details|div)[^>]* class=\"dni-", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex PackageTree();

    // The package repeats its style sheet after every value.
    [GeneratedRegex(@"<style>\s*\.dni-code-hint.*?</style>", RegexOptions.CultureInvariant | RegexOptions.Singleline, 5000)]
    private static partial Regex Styles();
}
