using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureInterp.Saes;

/// <summary>
/// A text that stands for several: <c>layer_{layer:0-25}/width_{width:16k,65k}/canonical</c>. A part in braces has a name and its values: a range of whole
/// numbers, a list, or <c>*</c> for any whole number. <c>{layer}</c> repeats a value. A text without braces stands for itself.
/// </summary>
internal sealed partial class SaePattern
{
    private const int MaxTexts = 1 << 16;

    private readonly string _pattern;
    private readonly Lazy<Regex> _regex;

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">The text.</param>
    /// <exception cref="FormatException">A range is backwards, or the pattern stands for too many texts.</exception>
    public SaePattern(string pattern)
    {
        _pattern = pattern;
        Parts = [.. Part().Matches(pattern).Select(m => (m.Groups["name"].Value, ValuesOf(m.Groups["values"].Value)))];
        if (Parts.Aggregate(1L, (count, part) => Math.Min(long.MaxValue / 4096, count * Math.Max(1, part.Values?.Count ?? 1))) > MaxTexts)
            throw new FormatException($"'{pattern}' stands for more than {MaxTexts} names");
        _regex = new Lazy<Regex>(ToRegex);
    }

    /// <summary>The parts in braces with their values; null for any whole number.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string>? Values)> Parts { get; }

    /// <summary>The pattern without the values of its parts: <c>layer_{layer}/width_{width}/canonical</c>.</summary>
    public string Template => Part().Replace(_pattern, m => "{" + m.Groups["name"].Value + "}");

    /// <summary>Every text it stands for, the last part running fastest; a part of any number stays as <c>*</c>.</summary>
    public IEnumerable<IReadOnlyDictionary<string, string>> All()
    {
        IEnumerable<Dictionary<string, string>> all = [[]];
        foreach (var (name, values) in Parts)
            all = all.SelectMany(a => (values ?? ["*"]).Select(v => new Dictionary<string, string>(a, StringComparer.Ordinal) { [name] = v }));
        return all;
    }

    /// <summary>The values with which the pattern gives this text; null when it does not.</summary>
    public IReadOnlyDictionary<string, string>? Match(string text) => _regex.Value.Match(text) is { Success: true } match
        ? Parts.Select(p => p.Name).Distinct(StringComparer.Ordinal).ToDictionary(n => n, n => match.Groups[n].Value, StringComparer.Ordinal)
        : null;

    /// <summary>The text these values give.</summary>
    public string Text(IReadOnlyDictionary<string, string> values) => Fill(Part().Replace(_pattern, m => values[m.Groups["name"].Value]), values);

    /// <summary>A text with <c>{name}</c> replaced by the values.</summary>
    public static string Fill(string text, IReadOnlyDictionary<string, string> values) =>
        Name().Replace(text, m => values.TryGetValue(m.Groups["name"].Value, out var value) ? value : m.Value);

    private Regex ToRegex()
    {
        var end = 0;
        var regex = "^";
        foreach (Match match in Part().Matches(_pattern))
        {
            regex += Regex.Escape(_pattern[end..match.Index]);
            var values = ValuesOf(match.Groups["values"].Value);
            regex += $"(?<{match.Groups["name"].Value}>{(values is null ? "[0-9]{1,9}" : string.Join('|', values.Select(Regex.Escape)))})";
            end = match.Index + match.Length;
        }

        return new Regex(regex + Regex.Escape(_pattern[end..]) + "$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
    }

    private static IReadOnlyList<string>? ValuesOf(string values)
    {
        if (values == "*")
            return null;
        var all = new List<string>();
        foreach (var item in values.Split(','))
        {
            if (Range().Match(item) is not { Success: true } range)
            {
                all.Add(item);
                continue;
            }

            int first = int.Parse(range.Groups["first"].Value, CultureInfo.InvariantCulture), last = int.Parse(range.Groups["last"].Value, CultureInfo.InvariantCulture);
            if (last < first || last - first >= MaxTexts)
                throw new FormatException($"'{item}' is no range of whole numbers from small to large");
            all.AddRange(Enumerable.Range(first, last - first + 1).Select(n => n.ToString(CultureInfo.InvariantCulture)));
        }

        return all;
    }

    [GeneratedRegex(@"\{(?<name>[a-z][a-z0-9]*):(?<values>[^{}]+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Part();

    [GeneratedRegex(@"\{(?<name>[a-z][a-z0-9]*)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^(?<first>\d{1,6})-(?<last>\d{1,6})$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Range();
}
