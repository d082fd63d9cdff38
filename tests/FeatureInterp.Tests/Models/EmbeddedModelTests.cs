using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>The embedded model against TransformerLens.</summary>
public class EmbeddedModelTests
{
    public static TheoryData<string> Fitting() => EmbeddedPair.Fitting();

    [Fact]
    public void Encode_EachPrompt_GivesTransformerLensIds()
    {
        var tokenizer = EmbeddedPair.Model.RequireTokenizer();
        foreach (var prompt in EmbeddedPair.Golden.Json.GetProperty("prompts").EnumerateObject())
            Assert.Equal(EmbeddedPair.Tokens(prompt.Name), tokenizer.ToTokens(prompt.Value.GetProperty("text").GetString()!));
    }

    [Theory, MemberData(nameof(Fitting))]
    public void Run_Prompt_EqualsTransformerLens(string task)
    {
        var run = EmbeddedPair.Model.Run(EmbeddedPair.Prompt(task).GetProperty("text").GetString()!);
        Golden.AssertClose("last logits", EmbeddedPair.Golden[$"prompt/{task}/last_logits"], run.LastLogits());
        Assert.Equal(EmbeddedPair.Prompt(task).GetProperty("loss").GetDouble(), run.Loss(), 5e-5);
    }

    [Fact]
    public void Run_PromptLongerThanContext_IsRefused()
    {
        var e = Assert.Throws<PromptException>(() => EmbeddedPair.Model.Run(EmbeddedPair.Tokens("48d8fb45")));
        Assert.Contains("1472 tokens, more than the 1024", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TestPrompt_GoldenPrompt_PrintsTransformerLensText()
    {
        var golden = EmbeddedPair.Golden.Json.GetProperty("test_prompt");
        var prompt = EmbeddedPair.Prompt(golden.GetProperty("prompt").GetString()!).GetProperty("text").GetString()!;
        var result = TestPrompt.Run(
            EmbeddedPair.Model, prompt, golden.GetProperty("answer").GetString()!, golden.GetProperty("prepend_space_to_answer").GetBoolean());
        Assert.Equal(golden.GetProperty("text").GetString(), result.ToString());
    }

    [Fact]
    public void Generate_SteeredGreedy_GivesTransformerLensTokens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        var sae = EmbeddedPair.Sae;
        foreach (var sweep in golden.Json.GetProperty("steering").EnumerateArray())
        {
            int feature = sweep.GetProperty("feature").GetInt32();
            double strength = sweep.GetProperty("strength").GetDouble(), max = sweep.GetProperty("max_activation").GetDouble();
            var steer = Hook.Add(sae.Config.Hook.ToString(), sae.Direction(feature), (float)(max * strength));
            var prompt = EmbeddedPair.Tokens(sweep.GetProperty("prompt").GetString()!);
            var last = EmbeddedPair.Model.Run(prompt, edit: [steer], logits: LogitsAt.Last).LastLogits();
            Golden.AssertClose($"{feature} at {strength}", golden[$"steering/{feature}/{strength}/last_logits"], last);
            var made = EmbeddedPair.Model.Generate(prompt, 60, edit: [steer], stopAtEos: false)[0].Tokens;
            Assert.Equal(sweep.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()), made);
        }
    }
}
