using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Documentation elements as lines of text that are Markdown as well.</summary>
internal static partial class DocumentationText
{
    /// <summary>An element's text: references as names, code in backticks, paragraphs and list items on lines of their own.</summary>
    public static string Of(XElement? element)
    {
        if (element is null)
            return "";
        var text = new StringBuilder();
        Append(text, element);
        return Breaks().Replace(Blanks().Replace(text.ToString(), " "), "\n").Trim();
    }

    /// <summary>The short name in a documentation id: <c>M:System.Math.Max(System.Int32,System.Int32)</c> is <c>Math.Max</c>.</summary>
    public static string Name(string id)
    {
        var name = id is [_, ':', .. var rest] ? rest : id;
        var parameters = name.IndexOf('(', StringComparison.Ordinal);
        if (parameters >= 0)
            name = name[..parameters];
        name = Arity().Replace(name, "");
        var parts = name.Split('.');
        return id.StartsWith("T:", StringComparison.Ordinal) || parts.Length < 2 ? parts[^1] : $"{parts[^2]}.{parts[^1]}";
    }

    private static void Append(StringBuilder text, XElement element)
    {
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XText words:
                    text.Append(Space().Replace(words.Value, " "));
                    break;
                case XElement { Name.LocalName: "see" or "seealso" } see:
                    text.Append((string?)see.Attribute("langword") ?? (see.IsEmpty || see.Value.Length == 0 ? Name((string?)see.Attribute("cref") ?? (string?)see.Attribute("href") ?? "") : see.Value));
                    break;
                case XElement { Name.LocalName: "paramref" or "typeparamref" } named:
                    text.Append('`').Append((string?)named.Attribute("name")).Append('`');
                    break;
                case XElement { Name.LocalName: "c" } code:
                    text.Append('`').Append(code.Value).Append('`');
                    break;
                case XElement { Name.LocalName: "code" } block:
                    text.Append('\n').Append(block.Value.Trim('\r', '\n').ReplaceLineEndings("\n")).Append('\n');
                    break;
                case XElement { Name.LocalName: "item" } item:
                    text.Append("\n- ");
                    Append(text, item);
                    break;
                case XElement { Name.LocalName: "para" or "br" or "list" } part:
                    text.Append('\n');
                    Append(text, part);
                    text.Append('\n');
                    break;
                case XElement other:
                    Append(text, other);
                    break;
            }
        }
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Space();

    [GeneratedRegex("[ \t]{2,}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"[ \t]*\n[ \t\n]*", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Breaks();

    [GeneratedRegex("`+[0-9]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Arity();
}
