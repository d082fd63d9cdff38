using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>
/// Reads a kernel line:
/// <code>
/// line   = "#!" name { spaces item } [ spaces ]
/// item   = "--" option [ spaces value ] | value          (a flag takes no value)
/// value  = quoted | json | "@" source [ ":" plain ] | bare
/// plain  = quoted | json | bare
/// quoted = '"' { any | '\"' | '\\' } '"'                 (other backslashes stand for themselves)
/// json   = a JSON object or array, which may hold spaces
/// bare   = letters other than spaces, not starting with '"', '{' or '['
/// </code>
/// A value that starts with <c>--</c> or <c>@</c> and is meant as text has to be quoted.
/// </summary>
internal static class MagicParser
{
    /// <summary>The longest line read.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>The name in <c>#!name …</c>, or an empty string when there is none.</summary>
    public static string Name(ReadOnlySpan<char> line)
    {
        var text = line.Trim();
        if (!text.StartsWith("#!", StringComparison.Ordinal))
            return "";
        text = text[2..];
        var end = text.IndexOfAny(" \t");
        return (end < 0 ? text : text[..end]).ToString();
    }

    /// <summary>Takes a line apart.</summary>
    /// <param name="line">The line; spaces around it do not matter.</param>
    /// <param name="syntax">What it may hold.</param>
    /// <exception cref="MagicException">It is not of this form, or holds something else.</exception>
    public static MagicLine Parse(string line, MagicSyntax syntax)
    {
        var text = line.Trim();
        var name = Name(text);
        if (name.Length == 0)
            throw new MagicException($"'{Short(text)}' names nothing; a line for the kernel is written #!name.");
        if (text.Length > MaxLength)
            throw new MagicException($"The line #!{name} has {text.Length} letters; at most {MaxLength} are read, so put the text into a file or a cell.");
        var cursor = new Cursor(name, text, 2 + name.Length);
        var values = ImmutableArray.CreateBuilder<MagicValue>();
        var options = ImmutableSortedDictionary.CreateBuilder<string, MagicValue>(StringComparer.Ordinal);
        while (cursor.SkipSpaces())
        {
            if (!cursor.StartsWith("--"))
            {
                values.Add(cursor.Value());
                if (values.Count > syntax.MaxValues)
                    throw new MagicException($"#!{name}: '{Short(values[^1].Text)}' belongs to no option; wanted {Wanted(syntax)}.");
                continue;
            }

            var option = cursor.Bare()[2..];
            var flag = syntax.Flags.Contains(option, StringComparer.Ordinal);
            if (!flag && !syntax.Options.Contains(option, StringComparer.Ordinal))
                throw new MagicException($"#!{name} has no option --{Short(option)}; wanted {Wanted(syntax)}.");
            if (!flag && (!cursor.SkipSpaces() || cursor.StartsWith("--")))
                throw new MagicException($"#!{name}: --{option} has no value; write one after it, in double quotes if it has spaces.");
            if (!options.TryAdd(option, flag ? MagicValue.None : cursor.Value()))
                throw new MagicException($"#!{name}: --{option} stands there twice; leave one out.");
        }

        return new MagicLine(name, values.ToImmutable(), options.ToImmutable());
    }

    private static string Wanted(MagicSyntax syntax)
    {
        var all = syntax.Options.Concat(syntax.Flags).Select(o => "--" + o).ToList();
        return all.Count == 0 ? syntax.MaxValues == 0 ? "nothing after the name" : "a value only" : string.Join(", ", all);
    }

    private static string Short(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 59), "…");

    private sealed class Cursor(string name, string text, int start)
    {
        private int _at = start;

        public bool SkipSpaces()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                _at++;
            return _at < text.Length;
        }

        public bool StartsWith(string prefix) => text.AsSpan(_at).StartsWith(prefix, StringComparison.Ordinal);

        public string Bare()
        {
            var from = _at;
            while (_at < text.Length && !char.IsWhiteSpace(text[_at]))
                _at++;
            return text[from.._at];
        }

        public MagicValue Value()
        {
            if (text[_at] != '@')
                return Plain();
            var from = ++_at;
            while (_at < text.Length && text[_at] != ':' && !char.IsWhiteSpace(text[_at]))
                _at++;
            var source = text[from.._at];
            if (source.Length == 0)
                throw new MagicException($"#!{name}: nothing stands after '@'; wanted @kernel:variable, @input:prompt or @password:prompt, and text in double quotes.");
            if (_at == text.Length || text[_at] != ':')
                return new MagicValue("", Source: source);
            _at++;
            return _at == text.Length || char.IsWhiteSpace(text[_at]) ? new MagicValue("", Source: source) : Plain() with { Source = source };
        }

        private MagicValue Plain() => text[_at] switch
        {
            '"' => new MagicValue(Quoted(), MagicValueKind.Quoted),
            '{' or '[' => new MagicValue(Json(), MagicValueKind.Json),
            _ => new MagicValue(Bare()),
        };

        private string Quoted()
        {
            var value = new StringBuilder();
            for (_at++; _at < text.Length; _at++)
            {
                if (text[_at] == '"')
                {
                    _at++;
                    return EndsHere() ? value.ToString() : throw new MagicException($"#!{name}: a space is missing after \"{Short(value.ToString())}\".");
                }

                if (text[_at] == '\\' && _at + 1 < text.Length && text[_at + 1] is '"' or '\\')
                    _at++;
                value.Append(text[_at]);
            }

            throw new MagicException($"#!{name}: a double quote is opened and not closed.");
        }

        private string Json()
        {
            var from = _at;
            var depth = 0;
            var quoted = false;
            for (; _at < text.Length; _at++)
            {
                if (quoted)
                {
                    if (text[_at] == '\\')
                        _at++;
                    else
                        quoted = text[_at] != '"';
                    continue;
                }

                quoted = text[_at] == '"';
                depth += text[_at] is '{' or '[' ? 1 : text[_at] is '}' or ']' ? -1 : 0;
                if (depth == 0)
                    break;
            }

            _at = Math.Min(_at + 1, text.Length);
            var json = text[from.._at];
            try
            {
                JsonDocument.Parse(json).Dispose();
            }
            catch (JsonException)
            {
                throw new MagicException($"#!{name}: '{Short(json)}' is not JSON; put it in double quotes if it is text.");
            }

            return EndsHere() ? json : throw new MagicException($"#!{name}: a space is missing after '{Short(json)}'.");
        }

        private bool EndsHere() => _at == text.Length || char.IsWhiteSpace(text[_at]);
    }
}
