using FeatureInterp.Models.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Tokenizers;

public class CanonicalNormalizerTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements("a", "e", "A", "\u0301", "\u0323", "\u0307", "\u0327", "é", "ḋ", "\u0334", "가", "각", "\u1100", "\u1161", "\u11A8", "\u0958", "\u212B", "\u0344", "\u2126", "😀", "\uD834\uDD5E"),
        Gen.Choose(0x300, 0x36F).Select(char.ConvertFromUtf32),
        Gen.Choose(0xC0, 0x24F).Select(char.ConvertFromUtf32),
        Gen.Choose(0x1E00, 0x1FFF).Select(char.ConvertFromUtf32),
        Gen.Choose(0, 0xFFFF).Where(c => c is < 0xD800 or > 0xDFFF).Select(c => ((char)c).ToString())).ArrayOf().Select(string.Concat);

    [Fact]
    public void BothForms_AreFixedPointsAndLeadToEachOther() => Check(text =>
    {
        var (composed, decomposed) = (Normalize(text, true), Normalize(text, false));
        return Normalize(composed, true) == composed && Normalize(decomposed, false) == decomposed
            && Normalize(decomposed, true) == composed && Normalize(composed, false) == decomposed;
    });

    [Fact]
    public void QuickCheck_SaysYesOnlyWhereNothingChanges() =>
        Check(text => !CanonicalData.Instance.IsComposed(text) || Compose(text) == text);

    [Theory]
    [InlineData("e\u0301", "\u00E9", "e\u0301")]
    [InlineData("\u1E69", "\u1E69", "s\u0323\u0307")]
    [InlineData("\u1E0B\u0323", "\u1E0D\u0307", "d\u0323\u0307")]
    [InlineData("\u2126\u212B", "\u03A9\u00C5", "\u03A9A\u030A")]
    [InlineData("\uD4DB", "\uD4DB", "\u1111\u1171\u11B6")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C")]
    public void Standard_ItsOwnExamples(string text, string composed, string decomposed) =>
        Assert.Equal((composed, decomposed), (Normalize(text, true), Normalize(text, false)));

    [Fact]
    public void Marks_AMillionOfThem_TakeNoLongerThanSorting()
    {
        // Alternating classes 230 and 220 all in one run: every mark moves.
        var text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 500_000));
        var sorted = Normalize(text, false);
        Assert.Equal("a" + new string('\u0323', 500_000) + new string('\u0301', 500_000), sorted);
    }

    private static string Normalize(string text, bool compose) =>
        new CanonicalNormalizer(compose).Normalize(AlignedText.Untracked(text.AsMemory())).Text.ToString();

    /// <summary>Without the quick check: a mark in front, which is taken off again, makes every text doubtful.</summary>
    private static string Compose(string text) => Normalize("\u0301\n" + text, true)[2..];

    private static void Check(Func<string, bool> property) => Prop.ForAll(Text.ToArbitrary(), property)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(40).WithQuietOnSuccess(true).WithReplay(20_250_104, 7));
}
