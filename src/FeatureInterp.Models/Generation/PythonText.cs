using System.Globalization;
using System.Text;

namespace FeatureInterp.Models;

/// <summary>Texts as Python prints them in a list, for output that should equal TransformerLens's to the byte.</summary>
internal static class PythonText
{
    /// <summary><c>['a', 'b']</c></summary>
    public static string List(IEnumerable<string> items) => "[" + string.Join(", ", items.Select(Quote)) + "]";

    /// <summary>Single quotes, unless the text has a single quote and no double one; control characters and what cannot be printed escaped.</summary>
    public static string Quote(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var result = new StringBuilder().Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var rune = char.IsSurrogatePair(text, i) ? char.ConvertToUtf32(text, i++) : text[i];
            result.Append(Escape(rune, quote));
        }

        return result.Append(quote).ToString();
    }

    private static string Escape(int rune, char quote) => rune switch
    {
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ when rune == quote => "\\" + quote,
        _ when IsPrintable(rune) => char.ConvertFromUtf32(rune),
        < 0x100 => "\\x" + rune.ToString("x2", CultureInfo.InvariantCulture),
        < 0x10000 => "\\u" + rune.ToString("x4", CultureInfo.InvariantCulture),
        _ => "\\U" + rune.ToString("x8", CultureInfo.InvariantCulture),
    };

    private static bool IsPrintable(int rune) => rune == ' ' || (rune is < 0xD800 or > 0xDFFF && CharUnicodeInfo.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator));
}
