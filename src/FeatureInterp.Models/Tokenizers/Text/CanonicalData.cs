using System.Collections.Frozen;
using System.Globalization;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Canonical decompositions, compositions and combining classes. The runtime has none of them without ICU, and the reference library's
/// are those of Unicode 9: both reasons to keep our own, in <c>canonical-decompositions.txt</c>.
/// </summary>
internal sealed class CanonicalData
{
    private const int HangulFirst = 0xAC00;
    private const int HangulLast = 0xD7A3;
    private const int Leads = 0x1100, LeadCount = 19, Vowels = 0x1161, VowelCount = 21, Trails = 0x11A7, TrailCount = 28;

    private static readonly Lazy<CanonicalData> Loaded = new(() => new CanonicalData());
    private readonly FrozenDictionary<int, int[]> decompositions;
    private readonly FrozenDictionary<int, byte> classes;
    private readonly FrozenDictionary<(int First, int Second), int> compositions;

    /// <summary>For each unit of UTF-16, whether a text that holds it may change under NFC; under NFD more do.</summary>
    private readonly bool[] doubtful = new bool[0x10000];

    private CanonicalData()
    {
        var decomposing = new Dictionary<int, int[]>();
        var combining = new Dictionary<int, byte>();
        var excluded = new HashSet<int>();
        using var stream = typeof(CanonicalData).Assembly.GetManifestResourceStream("canonical-decompositions.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            if (line.Split('=') is [var range, var number])
            {
                var ends = range.Split('-');
                for (var c = Hex(ends[0]); c <= Hex(ends[^1]); c++)
                    combining[c] = byte.Parse(number, CultureInfo.InvariantCulture);
                continue;
            }

            var parts = line.Split(' ');
            var composed = Hex(parts[0].TrimEnd('!'));
            decomposing[composed] = [.. parts.Skip(1).Select(Hex)];
            if (parts[0].EndsWith('!'))
                excluded.Add(composed);
        }

        decompositions = decomposing.ToFrozenDictionary();
        classes = combining.ToFrozenDictionary();
        compositions = Pairs(decomposing, excluded).ToFrozenDictionary();
        foreach (var c in combining.Keys.Concat(excluded).Concat(compositions.Keys.Select(k => k.Second)))
            doubtful[c < 0x10000 ? c : HighSurrogate(c)] = true;
        for (var c = Vowels; c < Trails + TrailCount; c++)
            doubtful[c] = true;
    }

    public static CanonicalData Instance => Loaded.Value;

    /// <summary>Whether the text is certainly in NFC. Most are, and are seen to be by one look at each unit.</summary>
    public bool IsComposed(ReadOnlySpan<char> text)
    {
        foreach (var unit in text)
        {
            if (doubtful[unit])
                return false;
        }

        return true;
    }

    /// <summary>The canonical combining class; 0 for characters that begin something.</summary>
    public byte ClassOf(int character) => classes.GetValueOrDefault(character);

    /// <summary>What the character decomposes into in full, or nothing where it stays. Hangul is computed, into <paramref name="room"/>.</summary>
    public ReadOnlySpan<int> Decompose(int character, Span<int> room)
    {
        if (character is < HangulFirst or > HangulLast)
            return decompositions.GetValueOrDefault(character);
        var index = character - HangulFirst;
        room[0] = Leads + index / (VowelCount * TrailCount);
        room[1] = Vowels + index % (VowelCount * TrailCount) / TrailCount;
        room[2] = Trails + index % TrailCount;
        return room[..(room[2] == Trails ? 2 : 3)];
    }

    /// <summary>The character that two make, or -1.</summary>
    public int Compose(int first, int second)
    {
        if (first - Leads is >= 0 and < LeadCount and var lead && second - Vowels is >= 0 and < VowelCount and var vowel)
            return HangulFirst + (lead * VowelCount + vowel) * TrailCount;
        if (first is >= HangulFirst and <= HangulLast && (first - HangulFirst) % TrailCount == 0 && second - Trails is > 0 and < TrailCount and var trail)
            return first + trail;
        return compositions.TryGetValue((first, second), out var composed) ? composed : -1;
    }

    /// <summary>The file has decompositions in full; a composition joins the last character to what the ones before it compose to.</summary>
    private static Dictionary<(int First, int Second), int> Pairs(Dictionary<int, int[]> decomposing, HashSet<int> excluded)
    {
        var pairs = new Dictionary<(int First, int Second), int>();
        foreach (var (composed, parts) in decomposing.Where(d => !excluded.Contains(d.Key)).OrderBy(d => d.Value.Length))
        {
            var first = parts[0];
            for (var i = 1; i < parts.Length - 1; i++)
                first = pairs[(first, parts[i])];
            pairs[(first, parts[^1])] = composed;
        }

        return pairs;
    }

    private static char HighSurrogate(int character) => (char)(0xD800 + ((character - 0x10000) >> 10));

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
