using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The embedded SAE in its model against SAELens.</summary>
public class EmbeddedSaeTests
{
    private const string ResidPost = "blocks.3.hook_resid_post";

    public static TheoryData<string> Fitting() => EmbeddedPair.Fitting();

    [Fact]
    public void Load_EmbeddedPair_FitsWithoutWarning() =>
        Assert.Empty(EmbeddedPair.Sae.For(EmbeddedPair.Model).Warnings(EmbeddedPair.Model));

    [Theory, MemberData(nameof(Fitting))]
    public void Encode_Prompt_EqualsSaeLens(string task)
    {
        var golden = EmbeddedPair.Golden;
        var features = EmbeddedPair.Sae.Encode(ResidualOf(task));
        Golden.AssertClose("features", golden[$"prompt/{task}/last_features"], features.ToDense()[features.Tokens - 1]);
        Assert.Equal(golden.Integers($"prompt/{task}/features_l0"), Enumerable.Range(0, features.Tokens).Select(t => (long)features.L0(t)));

        var top = EmbeddedPair.Prompt(task).GetProperty("top_features").EnumerateArray().ToArray();
        Assert.Equal(top.Select(t => t[0].GetInt32()), features.Top(features.Tokens - 1, top.Length).Select(f => f.Feature));
    }

    [Theory, MemberData(nameof(Fitting))]
    public void Splice_Prompt_EqualsSaeLens(string task)
    {
        var golden = EmbeddedPair.Golden;
        foreach (var (name, errorTerm) in new[] { ("spliced", false), ("error_term", true) })
        {
            var run = EmbeddedPair.Model.Run(
                EmbeddedPair.Tokens(task), capture: ResidPost + ".hook_sae_acts_post", splice: [EmbeddedPair.Sae.Splice(errorTerm)], logits: LogitsAt.Last);
            Golden.AssertClose(name, golden[$"prompt/{task}/last_logits_{name}"], run.LastLogits());
            Golden.AssertClose("features", golden[$"prompt/{task}/last_features"], run.Activations[ResidPost + ".hook_sae_acts_post"].Last());
        }
    }

    [Fact]
    public void Features_ContrastPairs_EqualSaeLens()
    {
        foreach (var pair in EmbeddedPair.Golden.Json.GetProperty("contrast").EnumerateArray())
        {
            Tensor first = LastFeatures(pair.GetProperty("first").GetString()!), second = LastFeatures(pair.GetProperty("second").GetString()!);
            var difference = Enumerable.Range(0, first.Length).Select(f => (Feature: f, Value: (double)second.Span[f] - first.Span[f]));
            var top = difference.OrderByDescending(d => Math.Abs(d.Value)).Take(10).ToArray();
            var wanted = pair.GetProperty("difference_second_minus_first").EnumerateArray().ToArray();
            Assert.Equal(wanted.Select(w => w[0].GetInt32()), top.Select(t => t.Feature));
            for (var i = 0; i < top.Length; i++)
                Assert.Equal(wanted[i][1].GetDouble(), top[i].Value, 5e-5 * 20);
        }
    }

    // The three ways differ only from layer 3 on, so what comes before is run once.
    [Fact]
    public void Loss_CorpusCleanSplicedZeroed_EqualsSaeLens()
    {
        var rows = EmbeddedPair.Golden.Tokens("corpus/tokens");
        double clean = 0, spliced = 0, zeroed = 0;
        foreach (var batch in rows.Chunk(8))
        {
            var entering = EmbeddedPair.Model.Run(batch, stopAtLayer: 3).Residual;
            clean += EmbeddedPair.Model.Run(batch, startAtLayer: 3, residual: entering).Loss() * batch.Length / rows.Length;
            spliced += EmbeddedPair.Model.Run(batch, startAtLayer: 3, residual: entering, splice: [EmbeddedPair.Sae.Splice()]).Loss() * batch.Length / rows.Length;
            zeroed += EmbeddedPair.Model.Run(batch, startAtLayer: 3, residual: entering, edit: [Hook.Zero(ResidPost)]).Loss() * batch.Length / rows.Length;
        }

        var golden = EmbeddedPair.Golden.Json.GetProperty("evaluation");
        Assert.Equal(golden.GetProperty("ce_model").GetDouble(), clean, 5e-5);
        Assert.Equal(golden.GetProperty("ce_spliced").GetDouble(), spliced, 5e-5);
        Assert.Equal(golden.GetProperty("ce_zeroed").GetDouble(), zeroed, 5e-5);
    }

    [Fact]
    public void Splice_FeatureAblated_GivesSaeLensAnswerProbabilities()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        foreach (var ablation in golden.Json.GetProperty("ablation").EnumerateArray())
        {
            var prompt = EmbeddedPair.Tokens(ablation.GetProperty("prompt").GetString()!);
            int[] answer = [.. ablation.GetProperty("answer_tokens").EnumerateArray().Select(t => t.GetInt32())];
            Edit[] edits = ablation.GetProperty("feature").ValueKind == System.Text.Json.JsonValueKind.Null ? []
                : [Hook.Zero(ResidPost + ".hook_sae_acts_post", index: ablation.GetProperty("feature").GetInt32())];
            var run = EmbeddedPair.Model.Run(
                (int[])[.. prompt, .. answer], edit: edits, splice: [EmbeddedPair.Sae.Splice(ablation.GetProperty("error_term").GetBoolean())]);
            var found = run.LossPerToken().Span[(prompt.Length - 1)..];
            var wanted = ablation.GetProperty("log_prob").EnumerateArray().ToArray();
            for (var i = 0; i < wanted.Length; i++)
                Assert.Equal(wanted[i].GetDouble(), -found[i], 2e-4);
        }
    }

    private static Tensor ResidualOf(string task) =>
        EmbeddedPair.Model.Run(EmbeddedPair.Tokens(task), capture: ResidPost, stopAtLayer: 4).Activations[ResidPost][0];

    private static Tensor LastFeatures(string task)
    {
        var residual = ResidualOf(task);
        return EmbeddedPair.Sae.EncodeDense(residual.Rows(residual.Shape[0] - 1, 1))[0];
    }
}
