using FeatureInterp.Models;
using FeatureInterp.Saes;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>What repositories and folders are called, and what may be asked of any text.</summary>
public class SaeNameTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true);

    private static readonly Gen<string> s_text = Gen.ArrayOf(Gen.Frequency(
            (4, Gen.Elements("layer_", "width_", "16k", "1m", "/", "gemma-scope-", "gemma-scope-2-", "2b", "9b", "-pt-", "-it-", "res", "att", "-l", ".pt", "SAE-Res-Qwen", "-W", "K-L0_", "{", "}", "{layer:", "0-", "99999999999", "embedding")),
            (2, Gen.Choose(0, 40).Select(n => $"{n}")),
            (1, Gen.Choose(32, 0x2FF).Select(c => ((char)c).ToString()))))
        .Select(string.Concat);

    [Fact]
    public void GemmaScope_AnyLayerAndWidth_IsReadBack() => Check.One(s_config, Prop.ForAll(
        (from layer in Gen.Choose(0, 9999)
         from width in Gen.Elements(("4k", 4096), ("16k", 16384), ("32k", 32768), ("65k", 65536), ("131k", 131072), ("262k", 262144), ("524k", 524288), ("1m", 1 << 20))
         from size in Gen.Elements("2b", "9b", "27b")
         from kind in Gen.Elements("pt", "it")
         from site in Gen.Elements("res", "mlp", "att")
         select (layer, width, size, kind, site)).ToArbitrary(),
        c =>
        {
            var facts = GemmaScopeNames.Sae($"google/gemma-scope-{c.size}-{c.kind}-{c.site}", $"layer_{c.layer}/width_{c.width.Item1}/average_l0_7");
            return facts.Fault is null && facts.HookIn!.Value.Layer == c.layer && facts.DSae == c.width.Item2
                && facts.ModelName == $"gemma-2-{c.size}" + (c.kind == "it" ? "-it" : "")
                && facts.HookIn.Value.Site == c.site switch { "res" => HookSite.ResidPost, "mlp" => HookSite.MlpOut, _ => HookSite.Z };
        }));

    [Fact]
    public void Names_AnyText_GiveFactsOrAFault() => Check.One(s_config, Prop.ForAll(
        s_text.Two().ToArbitrary(),
        names => new[]
        {
            GemmaScopeNames.Sae(names.Item1, names.Item2), GemmaScopeNames.Transcoder(names.Item1, names.Item2), GemmaScope2Names.Facts(names.Item1, names.Item2),
            DeepSeekR1Layout.Facts(names.Item1, names.Item2), GoodfireLayout.Facts(names.Item1, names.Item2), QwenScopeLayout.Facts(names.Item1, names.Item2),
        }.All(f => f.Fault is not null ? f.HookIn is null : f.HookIn is not null)));

    [Fact]
    public void Pattern_EveryTextItStandsFor_IsMatchedByItAlone() => Check.One(s_config, Prop.ForAll(
        (from first in Gen.Choose(0, 20)
         from count in Gen.Choose(0, 12)
         from widths in Gen.Elements("16k", "16k,65k", "4k,1m,131k")
         from prefix in Gen.Elements("layer_", "blocks.", "")
         select (first, last: first + count, widths, prefix)).ToArbitrary(),
        c =>
        {
            var pattern = new SaePattern($"{c.prefix}{{layer:{c.first}-{c.last}}}/width_{{width:{c.widths}}}");
            var texts = pattern.All().Select(pattern.Text).ToArray();
            return texts.Length == (c.last - c.first + 1) * c.widths.Split(',').Length && texts.Distinct().Count() == texts.Length
                && texts.All(t => pattern.Text(pattern.Match(t)!) == t)
                && pattern.Match($"{c.prefix}{c.last + 1}/width_16k") is null && pattern.Match($"{c.prefix}{c.first}/width_2k") is null;
        }));

    [Fact]
    public void Pattern_AnyText_MatchesItselfWithoutParts() => Check.One(s_config, Prop.ForAll(
        s_text.ToArbitrary(),
        text =>
        {
            try
            {
                var pattern = new SaePattern(text);
                return pattern.Parts.Count > 0 || (pattern.Match(text) is { Count: 0 } && pattern.Template == text);
            }
            catch (FormatException)
            {
                return text.Contains(':', StringComparison.Ordinal);
            }
        }));

    [Theory]
    [InlineData("{layer:5-2}")]
    [InlineData("{a:0-9999}{b:0-9999}")]
    [InlineData("{a:0-999999}")]
    public void Pattern_ThatMakesNoSense_IsRefused(string pattern) => Assert.Throws<FormatException>(() => new SaePattern(pattern));

    [Fact]
    public void Pattern_AnyNumber_MatchesWholeNumbersOnly()
    {
        var pattern = new SaePattern("average_l0_{n:*}");
        Assert.Equal("71", pattern.Match("average_l0_71")!["n"]);
        Assert.Null(pattern.Match("average_l0_"));
        Assert.Null(pattern.Match("average_l0_7x"));
        Assert.Equal("average_l0_*", pattern.Text(pattern.All().Single()));
    }
}
