using FeatureInterp.Models.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>The scanners written by hand, and the runtime's engine on the translated patterns: each other's twins.</summary>
public class WordScannerTests
{
    private static readonly Gen<string> Piece = Gen.OneOf(
        Gen.Elements(" ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u2028", "'", "'s", "'LL", "'Re", "'\u017F", "'v", "\u017F", "\u212A", "1", "23", "\u0663", "\u2167", "½", "a", "Z", "é", "\u0301", "中", "!", "?!", "\0"),
        Gen.Choose(0x1D400, 0x1D7FF).Select(char.ConvertFromUtf32),
        Gen.Choose(0x1F600, 0x1F64F).Select(char.ConvertFromUtf32),
        Gen.Choose(0x10000, 0x1FFFF).Select(char.ConvertFromUtf32),
        Gen.Choose(0, 0xFFFF).Select(c => ((char)c).ToString()));

    private static readonly Gen<string> Text = Piece.ArrayOf().Select(string.Concat);

    public static TheoryData<string> Patterns() => [WordScanners.Gpt2Pattern, WordScanners.Llama3Pattern, WordScanners.Qwen2Pattern];

    [Theory, MemberData(nameof(Patterns))]
    public void Scanner_AnyText_CutsAsTheEngineDoes(string pattern)
    {
        var scanner = new ScannerPattern(WordScanners.For(pattern)!);
        var engine = new RegexPattern(pattern, "test");
        Check(Text, text => Find(scanner, text).SequenceEqual(Find(engine, text)));
    }

    [Theory, MemberData(nameof(Patterns))]
    public void Scanner_AnyText_LeavesNothingOut(string pattern) => Check(Text, text =>
    {
        var end = 0;
        foreach (var match in Find(new ScannerPattern(WordScanners.For(pattern)!), text))
        {
            if (match.Start != end || match.End <= match.Start)
                return false;
            end = match.End;
        }

        return end == text.Length;
    });

    [Theory]
    [InlineData("I'm  here, at 1234!\n\n ok", "I|'m| | here|,| at| 1234|!|\n\n| ok")]
    [InlineData("they'LL  ", "they|'|LL|  ")]
    [InlineData(" '\t\tx", " '|\t|\t|x")]
    public void Gpt2_CutByHand(string text, string pieces) => Assert.Equal(pieces, Cut(WordScanners.Gpt2Pattern, text));

    [Theory]
    [InlineData("I'M  here,at 12345!\n\n ok", "I|'M| | here|,at| |123|45|!\n\n| ok")]
    [InlineData("a \n \n  b", "a| \n \n| | b")]
    [InlineData("$x\r\ny", "$x|\r\n|y")]
    public void Llama3_CutByHand(string text, string pieces) => Assert.Equal(pieces, Cut(WordScanners.Llama3Pattern, text));

    [Fact]
    public void Qwen2_TakesDigitsOneByOne() => Assert.Equal("a|1|2|3| |4", Cut(WordScanners.Qwen2Pattern, "a123 4"));

    [Fact]
    public void StandIns_AreOfTheCategoryTheyStandFor() => Assert.True(RegexPattern.StandInsAreRight());

    [Theory]
    [InlineData("a++b*+c?+", "(?>a+)(?>b*)(?>c?)")]
    [InlineData("[^\\r\\n\\p{L}]?+\\p{L}+", "(?>[^\\r\\n\\p{L}]?)\\p{L}+")]
    [InlineData("(ab|c)++", "(?>(?:ab|c)+)")]
    [InlineData("(?i:'s|K)s", "(?i:\\u0027[sS\\u017F]|K)s")]
    [InlineData("a{2}b{2,}c{2,3}?", null)]
    [InlineData("a{1,3}x*?", "a{1,3}x*?")]
    [InlineData("\\x{4e00}-\\u9FA5", "\\u4E00\\u002D\\u9FA5")]
    public void Translation_OfWhatDiffers(string pattern, string? translated)
    {
        if (translated is null)
            Assert.Throws<NotSupportedException>(() => RegexTranslation.ToDotNet(pattern));
        else
            Assert.Equal(translated, RegexTranslation.ToDotNet(pattern));
    }

    [Theory]
    [InlineData("\\w+", "the escape \\w")]
    [InlineData("a\\b", "the escape \\b")]
    [InlineData("^a", "the anchor ^")]
    [InlineData("a$", "the anchor $")]
    [InlineData("\\p{Han}", "the property \\p{Han}")]
    [InlineData("\\p{^L}", "the property \\p{^L}")]
    [InlineData("[a[b]]", "a [ inside a class")]
    [InlineData("[a&&b]", "a & inside a class")]
    [InlineData("[a", "a [ without its ]")]
    [InlineData("(a", "a ( without its )")]
    [InlineData("a)", "a ) without its (")]
    [InlineData("(?<n>a)", "a group that begins with (?<n")]
    [InlineData("*a", "a * with nothing before it")]
    [InlineData("a{,3}", "a { that is not a number of repetitions")]
    [InlineData("a{1,2}+", "a + behind {1,2}")]
    [InlineData("a**", "a * behind *")]
    [InlineData("😀", "a character beyond U+FFFF")]
    [InlineData("a\\", "a \\ at its end")]
    public void Translation_OfWhatIsInDoubt_IsRefusedByName(string pattern, string found)
    {
        var error = Assert.Throws<NotSupportedException>(() => RegexTranslation.ToDotNet(pattern));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Translation_OfAnything_GivesAPatternOrRefuses()
    {
        var pattern = Gen.OneOf(Gen.Elements("a", "s", "(", ")", "(?:", "(?!", "(?i:", "(?i)", "[", "]", "^", "-", "\\p{L}", "\\s", "\\", "{", "}", "1", ",", "+", "*", "?", "|", ".", "$", "&&", "😀"), Piece);
        Check(pattern.ArrayOf().Select(string.Concat), text =>
        {
            try
            {
                Find(new RegexPattern(text, "test"), "ab 12");
            }
            catch (NotSupportedException)
            {
                return true;
            }

            return true;
        });
    }

    private static string Cut(string pattern, string text) =>
        string.Join('|', Find(new ScannerPattern(WordScanners.For(pattern)!), text).Select(m => text[m.Start..m.End]));

    private static List<(int Start, int End)> Find(Pattern pattern, string text)
    {
        List<(int Start, int End)> matches = [];
        pattern.Find(text, matches);
        return matches;
    }

    private static void Check<T>(Gen<T> samples, Func<T, bool> property) => Prop.ForAll(samples.ToArbitrary(), property)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(60).WithQuietOnSuccess(true).WithReplay(20_250_102, 7));
}
