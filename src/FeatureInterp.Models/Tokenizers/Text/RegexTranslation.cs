using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Rewrites a pattern of Oniguruma's (Ruby) syntax for the runtime's engine. What means the same in both passes through, possessive
/// quantifiers become atomic groups, and whatever is in doubt is refused by name.
/// </summary>
internal sealed class RegexTranslation
{
    /// <summary>The general categories and their groups, the properties that both engines define alike.</summary>
    private static readonly HashSet<string> Properties = new(StringComparer.Ordinal)
    {
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
    };

    private static readonly string[] Openings = ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:"];
    private readonly string pattern;
    private readonly StringBuilder output = new();
    private readonly Stack<(int Start, bool IgnoreCase)> groups = new();
    private int at;

    /// <summary>Where in the output the last thing begins that a quantifier can follow, or -1.</summary>
    private int atom = -1;
    private bool ignoreCase;

    private RegexTranslation(string pattern) => this.pattern = pattern;

    /// <summary>The pattern for <see cref="System.Text.RegularExpressions.Regex"/>, to be used with CultureInvariant alone.</summary>
    /// <exception cref="NotSupportedException">There is something in it that is not translated; the message names it.</exception>
    public static string ToDotNet(string pattern) => new RegexTranslation(pattern).Run();

    private string Run()
    {
        while (at < pattern.Length)
        {
            switch (pattern[at])
            {
                case '(':
                    Open();
                    break;
                case ')':
                    if (groups.Count == 0)
                        throw No("a ) without its (");
                    (atom, ignoreCase) = groups.Pop();
                    output.Append(pattern[at++]);
                    break;
                case '|':
                    output.Append(pattern[at++]);
                    atom = -1;
                    break;
                case '?' or '*' or '+':
                    Quantify(pattern[at++].ToString());
                    break;
                case '{':
                    Interval();
                    break;
                case '[':
                    atom = output.Length;
                    Class();
                    break;
                case '\\':
                    atom = output.Length;
                    output.Append(Escape());
                    break;
                case '^' or '$':
                    throw No($"the anchor {pattern[at]}");
                case '.':
                    atom = output.Length;
                    output.Append(pattern[at++]);
                    break;
                default:
                    atom = output.Length;
                    output.Append(Literal(pattern[at++]));
                    break;
            }
        }

        return groups.Count == 0 ? output.ToString() : throw No("a ( without its )");
    }

    private void Open()
    {
        if (pattern.AsSpan(at).StartsWith("(?i)"))
        {
            // Until the group's end, which restores it.
            ignoreCase = true;
            output.Append("(?i)");
            at += 4;
            return;
        }

        groups.Push((output.Length, ignoreCase));
        var opening = "(";
        if (at + 1 < pattern.Length && pattern[at + 1] == '?')
        {
            opening = Array.Find(Openings, o => pattern.AsSpan(at).StartsWith(o))
                ?? throw No($"a group that begins with {pattern[at..Math.Min(at + 4, pattern.Length)]}");
        }

        ignoreCase |= opening == "(?i:";
        output.Append(opening == "(" ? "(?:" : opening);
        at += opening.Length;
        atom = -1;
    }

    /// <summary><c>?+</c>, <c>*+</c> and <c>++</c> do not give back what they took. A quantifier on a quantified thing takes it as one.</summary>
    private void Quantify(string quantifier)
    {
        if (atom < 0)
            throw No($"a {quantifier} with nothing before it");
        var isInterval = quantifier[0] == '{';
        output.Append(quantifier);
        if (at < pattern.Length && pattern[at] == '+' && !isInterval)
            Wrap("(?>");
        else if (at < pattern.Length && pattern[at] == '?' && !isInterval)
            output.Append('?');
        else if (at < pattern.Length && pattern[at] is '?' or '*' or '+' or '{')
            throw No($"a {pattern[at]} behind {quantifier}");
        else
            return;
        at++;
    }

    private void Wrap(string opening) => output.Insert(atom, opening).Append(')');

    private void Interval()
    {
        var end = pattern.IndexOf('}', at);
        var inside = end < 0 ? "" : pattern[(at + 1)..end];
        var bounds = inside.Split(',');
        if (bounds.Length > 2 || bounds[0].Length == 0 || !bounds.All(b => b.Length <= 4 && b.All(char.IsAsciiDigit)))
            throw No("a { that is not a number of repetitions");
        at = end + 1;
        Quantify("{" + inside + "}");
    }

    private void Class()
    {
        output.Append(pattern[at++]);
        if (at < pattern.Length && pattern[at] == '^')
            output.Append(pattern[at++]);
        for (var first = true; ; first = false)
        {
            if (at >= pattern.Length)
                throw No("a [ without its ]");
            if (pattern[at] == ']' && !first)
                break;
            if (pattern[at] is '[' or ']' || pattern.AsSpan(at).StartsWith("&&"))
                throw No($"a {pattern[at]} inside a class");
            var member = pattern[at] == '\\' ? Escape() : pattern[at] == '-' ? pattern[at++].ToString() : Literal(pattern[at++], inClass: true);
            output.Append(member);
        }

        output.Append(pattern[at++]);
    }

    /// <summary>The escape that stands at the current place, for outside a class and inside alike.</summary>
    private string Escape()
    {
        if (at + 1 >= pattern.Length)
            throw No("a \\ at its end");
        var letter = pattern[at + 1];
        at += 2;
        switch (letter)
        {
            case 's' or 'S' or 'd' or 'D' or 't' or 'n' or 'r' or 'f' or 'v':
                return "\\" + letter;
            case 'p' or 'P':
                var end = at < pattern.Length && pattern[at] == '{' ? pattern.IndexOf('}', at) : -1;
                var name = end < 0 ? "" : pattern[(at + 1)..end];
                if (!Properties.Contains(name))
                    throw No($"the property \\{letter}{{{name}}}");
                at = end + 1;
                return $"\\{letter}{{{name}}}";
            case 'u' when at + 4 <= pattern.Length && pattern.AsSpan(at, 4).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0:
                at += 4;
                return "\\u" + pattern[(at - 4)..at];
            case 'x' when at < pattern.Length && pattern[at] == '{':
                return CodePoint();
            default:
                return char.IsAscii(letter) && !char.IsAsciiLetterOrDigit(letter) ? "\\" + letter : throw No($"the escape \\{letter}");
        }
    }

    private string CodePoint()
    {
        var end = pattern.IndexOf('}', at);
        if (end < 0 || !int.TryParse(pattern.AsSpan(at + 1, end - at - 1), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) || value is < 0 or > 0xFFFF)
            throw No("a \\x{…} that is not a character up to U+FFFF");
        at = end + 1;
        return $"\\u{value:X4}";
    }

    private string Literal(char character, bool inClass = false)
    {
        if (char.IsSurrogate(character))
            throw No("a character beyond U+FFFF");

        // The long s folds to s there, and not in the runtime's tables.
        if (ignoreCase && character is 's' or 'S' or '\u017F')
            return inClass ? "sS\\u017F" : "[sS\\u017F]";
        return char.IsLetterOrDigit(character) ? character.ToString() : $"\\u{(int)character:X4}";
    }

    private NotSupportedException No(string found) => new($"{found} in the pattern {pattern}");
}
