using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>
/// Small tokenizers with one component or the other, and what the reference library makes of tricky texts with them: files made by
/// <c>make-fixtures.mjs</c>, which lies beside them.
/// </summary>
public class ReferenceLibraryTests
{
    private static readonly JsonArray Components = Read("components.json");

    public static TheoryData<int> Cases() => [.. Enumerable.Range(0, Components.Count)];

    [Theory, MemberData(nameof(Cases))]
    public void Component_EveryText_GivesTheSame(int index)
    {
        var (name, made) = (Components[index]!["change"]!.ToJsonString(), Components[index]!.AsObject());
        var tokenizer = Load(made);
        foreach (var wanted in made["results"]!.AsArray())
        {
            var text = (string)wanted!["text"]!;
            var where = $"{name} on {JsonSerializer.Serialize(text)}: ";
            var encoded = tokenizer.EncodeWithOffsets(text);
            Same(Ints(wanted["ids"]!), encoded.Ids, where + "ids");
            Same(Ints(wanted["ids"]!), tokenizer.Encode(text, addSpecialTokens: false), where + "ids without offsets");
            Same(Ints(wanted["ids"]!), tokenizer.Encode(text, addSpecialTokens: false), where + "ids remembered");
            Same(Ints(wanted["ids_special"]!), tokenizer.Encode(text), where + "ids_special");
            Same(wanted["tokens"]!.AsArray().Select(t => (string)t!), encoded.Tokens, where + "tokens");
            Same(wanted["offsets"]!.AsArray().Select(o => new TokenRange((int)o![0]!, (int)o[1]!)), encoded.Offsets, where + "offsets");
            Assert.Equal((string)wanted["decoded"]!, tokenizer.Decode([.. encoded.Ids]));
        }
    }

    [Theory]
    [InlineData("NFC")]
    [InlineData("NFD")]
    public void Normalizer_EveryText_GivesTheSameAndComesFromTheSame(string form)
    {
        foreach (var made in Read("normalization.json"))
        {
            var text = (string)made!["text"]!;
            var found = new CanonicalNormalizer(compose: form == "NFC").Normalize(AlignedText.Tracked(text));
            Assert.Equal((string)made[form]!["output"]!, found.Text.ToString());
            var at = 0;
            List<(int, int)> offsets = [];
            foreach (var rune in found.Text.ToString().EnumerateRunes())
            {
                var (start, end) = found.Origin(at, at += rune.Utf16SequenceLength);
                offsets.Add((start, end));
            }

            Same(made[form]!["offsets"]!.AsArray().Select(o => ((int)o![0]!, (int)o[1]!)), offsets, $"{form} of {JsonSerializer.Serialize(text)}");
        }
    }

    [Theory]
    [InlineData("L", CharacterClass.Letter)]
    [InlineData("N", CharacterClass.Number)]
    [InlineData("s", CharacterClass.Space)]
    internal void CharacterClass_EveryCodePoint_IsThePatternsClass(string name, CharacterClass wanted)
    {
        var members = Members(name);
        for (var c = 0; c < 0x110000; c++)
        {
            if (c is >= 0xD800 and < 0xE000)
                continue;
            var found = CharacterClasses.At(char.ConvertFromUtf32(c), 0, out var units);
            Assert.Equal(c < 0x10000 ? 1 : 2, units);
            found = found == CharacterClass.LineEnd ? CharacterClass.Space : found;
            Assert.True(members.Contains(c) == (found == wanted), $"U+{c:X4} is {found}");
        }
    }

    [Fact]
    public void Digits_EveryCodePoint_IsCutOffOrNot()
    {
        var members = Members("digits");
        var digits = new DigitsPreTokenizer(individual: true);
        List<AlignedText> pieces = [];
        for (var c = 0; c < 0x110000; c++)
        {
            if (c is >= 0xD800 and < 0xE000)
                continue;
            pieces.Clear();
            digits.Split(AlignedText.Untracked(("a" + char.ConvertFromUtf32(c)).AsMemory()), pieces);
            Assert.True(members.Contains(c) == (pieces.Count == 2), $"U+{c:X4}");
        }
    }

    private static Tokenizer Load(JsonObject made)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(TinyTokenizer.Folder, "..", (string)made["base"]!, "tokenizer.json")))!.AsObject();
        foreach (var (section, value) in made["change"]!.AsObject())
        {
            if (section != "model")
            {
                json[section] = value?.DeepClone();
                continue;
            }

            foreach (var (setting, given) in value!.AsObject())
                json["model"]![setting] = given?.DeepClone();
        }

        return TinyTokenizer.FromText(json.ToJsonString());
    }

    private static HashSet<int> Members(string name)
    {
        var text = JsonNode.Parse(File.ReadAllText(Path.Combine(TinyTokenizer.Folder, "..", "classes.json")))![name]!.GetValue<string>();
        var members = new HashSet<int>();
        foreach (var range in text.Split(' '))
        {
            var ends = Array.ConvertAll(range.Split('-'), e => int.Parse(e, NumberStyles.AllowHexSpecifier));
            members.UnionWith(Enumerable.Range(ends[0], ends[^1] - ends[0] + 1));
        }

        return members;
    }

    private static JsonArray Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(TinyTokenizer.Folder, "..", file)))!.AsArray();

    private static IEnumerable<int> Ints(JsonNode list) => list.AsArray().Select(i => (int)i!);

    private static void Same<T>(IEnumerable<T> wanted, IEnumerable<T> found, string where)
    {
        if (!wanted.SequenceEqual(found))
            Assert.Fail($"{where}: wanted {string.Join('|', wanted)}, found {string.Join('|', found)}");
    }
}
