using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>The notebook's models and SAEs as such, and the texts it generates with a clamped unit, when the goldens are there.</summary>
public class ClampedTextGoldenTests
{
    private const double Tie = 1e-4;

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Model_ChecksBeforeEverythingElse_EqualThePeers(string name)
    {
        var g = OutputCentricGolden.Of(name);
        var tokens = g.Golden.Tokens(name + ".check.tokens");
        var hook = g.Json.GetProperty("hook").GetString()!;
        Assert.Equal(hook, g.Sae.Config.Hook.ToString());
        var run = g.Model.Run(tokens, capture: hook);
        Golden.AssertClose("logits", g.Golden[name + ".check.logits"], g.Raw.Run(tokens).Logits.Padded());
        Golden.AssertClose("sae_in", g.Golden[name + ".check.sae_in"], run.Activations[hook].Padded());
        Golden.AssertClose("raw", g.Golden[name + ".check.hook_raw_weights"], g.Raw.Run(tokens, capture: hook).Activations[hook].Padded());
        var acts = hook + ".hook_sae_acts_post";
        var spliced = g.Model.Run(tokens, capture: acts, splice: [g.Sae.Splice()]);
        Golden.AssertClose("sae_acts", g.Golden[name + ".check.sae_acts"], spliced.Activations[acts].Padded());
        Golden.AssertClose("logits_with_sae", g.Golden[name + ".check.logits_with_sae"], spliced.Logits.Padded());
    }

    // The peers' prompts are padded on the right. Padding is masked and takes no position, so the texts are those of the prompts alone but for the first new token of a padded
    // prompt, which is predicted where the last padding token stands, itself masked: that one is taken over.
    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Generate_Clamped_MakesTheNotebooksTexts(string name)
    {
        var g = OutputCentricGolden.Of(name);
        var padded = g.Golden.Tokens(name + ".kl.tokens");
        int[][] prompts = [.. padded.Zip(OutputCentricGolden.Ids(g.Json.GetProperty("kl_target").GetProperty("token_lengths")), (p, length) => p[..length])];
        var tokens = g.Json.GetProperty("generation").GetProperty("max_new_tokens").GetInt32();
        var clean = g.Golden.Tokens(name + ".generation.clean.ids");
        AssertIds("clean", g, clean, padded, Generate(g, Branch.Clean, Given(clean), tokens), _ => true);
        var compared = 0;
        foreach (var entry in g.Entries("generation"))
        {
            var unit = g.Unit(OutputCentricGolden.Label(entry));
            var value = entry.GetProperty("value").GetInt32();
            Branch branch = unit.Sae is { } sae ? sae.Intervene(Intervention.Clamp(unit.Index, value)) : Hook.Set($"blocks.{unit.Layer}.mlp.hook_pre", value, index: unit.Index);
            double[] gaps = [.. entry.GetProperty("smallest_gap_per_row").EnumerateArray().Select(v => v.GetDouble())];
            var wanted = entry.GetProperty("ids").EnumerateArray().Select(OutputCentricGolden.Ids).ToArray();
            var made = Generate(g, branch, Given(wanted), tokens);
            AssertIds($"{OutputCentricGolden.Label(entry)} = {value}", g, wanted, padded, made, p => gaps[p] >= Tie);
            var tokenizer = g.Model.RequireTokenizer();
            for (var p = 0; p < prompts.Length; p++)
            {
                if (gaps[p] >= Tie && padded[p].Length + made[p].Length == wanted[p].Length)
                    Assert.Equal(entry.GetProperty("texts")[p].GetString(), tokenizer.Decode((int[])[.. padded[p], .. made[p]])[tokenizer.Decode(padded[p]).Length..]);
            }

            compared += gaps.Count(gap => gap >= Tie);
        }

        Assert.True(compared >= 30, $"only {compared} texts were compared");

        int[][] Given(int[][] wanted) => [.. prompts.Select((prompt, p) => prompt.Length == padded[p].Length ? prompt : [.. prompt, wanted[p][padded[p].Length]])];
        int[][] Generate(OutputCentricGolden golden, Branch branch, int[][] given, int count) => [.. given.Select((prompt, p) =>
        {
            var taken = prompt[prompts[p].Length..];
            var text = golden.Model.Generate(prompt, count - taken.Length, edit: branch.Edits, splice: branch.Splices)[0];
            return (int[])[.. taken, .. text.Tokens];
        })];
    }

    // A text that has ended is filled up with the token that ended it.
    private static void AssertIds(string label, OutputCentricGolden g, int[][] wanted, int[][] padded, int[][] made, Func<int, bool> isSure)
    {
        for (var p = 0; p < padded.Length; p++)
        {
            if (!isSure(p))
                continue;
            int[] ids = [.. padded[p], .. made[p]];
            Assert.True(ids.SequenceEqual(wanted[p].Take(ids.Length)), $"{label}, prompt {p}: {string.Join(' ', ids)}, wanted {string.Join(' ', wanted[p])}");
            Assert.All(wanted[p].Skip(ids.Length), id => Assert.Contains(id, g.Model.StopTokens));
        }
    }
}
