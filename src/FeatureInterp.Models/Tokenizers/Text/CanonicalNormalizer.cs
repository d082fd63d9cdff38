using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Types <c>NFC</c> and <c>NFD</c>: Unicode Standard Annex 15's canonical composition and decomposition, with the reference library's
/// idea of where each character came from.
/// </summary>
/// <remarks>
/// Every character carries a count: 0 when it takes the place of one input character, 1 when it is inserted besides, −n when it
/// takes the place of one and n more vanish. A decomposition is counted 0, 1, 1, …; a composition has the sum of its two counts less
/// one. Origins are then dealt out in output order, so that marks that were reordered get each other's.
/// </remarks>
internal sealed class CanonicalNormalizer(bool compose) : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        var data = CanonicalData.Instance;
        var source = text.Text.Span;
        if (compose ? data.IsComposed(source) : System.Text.Ascii.IsValid(source))
            return text;
        var (characters, origins) = Decompose(source, data);
        if (compose)
            Compose(characters, data);
        return Write(text, characters, origins);
    }

    private static (List<Counted> Characters, List<int> Origins) Decompose(ReadOnlySpan<char> source, CanonicalData data)
    {
        var characters = new List<Counted>(source.Length);
        var origins = new List<int>(source.Length);
        Span<int> room = stackalloc int[3];
        var runStart = 0;
        for (int at = 0, units; at < source.Length; at += units)
        {
            Rune.DecodeFromUtf16(source[at..], out var rune, out units);
            origins.Add(at);
            var parts = data.Decompose(rune.Value, room);
            if (parts.Length == 0)
                Add(rune.Value, 0);
            for (var i = 0; i < parts.Length; i++)
                Add(parts[i], i == 0 ? 0 : 1);
        }

        Order(characters, runStart);
        return (characters, origins);

        void Add(int character, int count)
        {
            var combiningClass = data.ClassOf(character);
            if (combiningClass == 0)
            {
                Order(characters, runStart);
                runStart = characters.Count + 1;
            }

            characters.Add(new Counted(character, combiningClass, count));
        }
    }

    /// <summary>Sorts the marks from <paramref name="start"/> on by class, those of one class staying in order.</summary>
    private static void Order(List<Counted> characters, int start)
    {
        if (characters.Count - start < 2)
            return;
        var run = characters.Skip(start).OrderBy(c => c.Class).ToArray();
        characters.RemoveRange(start, run.Length);
        characters.AddRange(run);
    }

    private static void Compose(List<Counted> characters, CanonicalData data)
    {
        int kept = 0, starter = -1, lastClass = -1;
        for (var i = 0; i < characters.Count; i++)
        {
            var next = characters[i];

            // A mark is cut off from the starter by one of its own class or a higher one between them; a starter by anything.
            if (starter >= 0 && lastClass < next.Class && data.Compose(characters[starter].Character, next.Character) is var composed and >= 0)
            {
                characters[starter] = new Counted(composed, 0, characters[starter].Count + next.Count - 1);
                continue;
            }

            if (next.Class == 0)
                (starter, lastClass) = (kept, -1);
            else
                lastClass = next.Class;
            characters[kept++] = next;
        }

        characters.RemoveRange(kept, characters.Count - kept);
    }

    private static AlignedText Write(AlignedText text, List<Counted> characters, List<int> origins)
    {
        var written = new StringBuilder(characters.Count);
        var sources = new List<int>(characters.Count);
        var consumed = 0;
        foreach (var (character, _, count) in characters)
        {
            var origin = count > 0 ? consumed - 1 : consumed;
            consumed += count > 0 ? 0 : 1 - count;
            var rune = new Rune(character);
            written.Append(rune.ToString());
            for (var unit = 0; unit < rune.Utf16SequenceLength; unit++)
                sources.Add(origin < 0 ? -1 : origins[origin]);
        }

        return text.Rewritten(written.ToString().AsMemory(), [.. sources]);
    }

    private readonly record struct Counted(int Character, byte Class, int Count);
}
