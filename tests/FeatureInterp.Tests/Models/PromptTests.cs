using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Prompts that cannot be run: each says which, why and what to do.</summary>
public sealed class PromptTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly Transformer _model;

    public PromptTests() => _model = _tiny.Load();

    public void Dispose() => _tiny.Dispose();

    [Theory, InlineData(61), InlineData(-1), InlineData(int.MaxValue), InlineData(int.MinValue)]
    public void Run_TokenOutOfRange_IsNamedWithItsPlace(int token)
    {
        var e = Assert.Throws<PromptException>(() => _model.Run((int[][])[[1, 2], [3, 4, token]]));
        Assert.Contains($"Token {token} at position 2 of prompt 1", e.Message, StringComparison.Ordinal);
        Assert.Contains("0 to 60", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FirstAndLastTokenOfTheVocabulary_Run() => Assert.Equal(2, _model.Run((int[])[0, 60]).Logits[0].Shape[0]);

    [Fact]
    public void Run_LongestPrompt_RunsAndOneMoreIsRefused()
    {
        Assert.Equal(40, _model.Run(_tiny.Prompt(40, 1)).Logits[0].Shape[0]);
        var e = Assert.Throws<PromptException>(() => _model.Run(_tiny.Prompt(41, 1)));
        Assert.Contains("41 tokens, more than the 40", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_EmptyPromptAmongOthers_IsNamed()
    {
        var e = Assert.Throws<PromptException>(() => _model.Run((int[][])[[1], []]));
        Assert.StartsWith("Prompt 1 is empty", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NoPrompts_IsRefused()
    {
        var e = Assert.Throws<PromptException>(() => _model.Run(Array.Empty<int[]>()));
        Assert.Contains("no prompt", e.Message, StringComparison.Ordinal);
        Assert.Throws<PromptException>(() => _model.Run(Array.Empty<string>()));
    }

    [Fact]
    public void Generate_BadPrompt_IsRefusedTheSameWay()
    {
        Assert.Throws<PromptException>(() => _model.Generate(Array.Empty<int>()));
        Assert.Throws<PromptException>(() => _model.Generate(_tiny.Prompt(41, 1)));
    }

    [Fact]
    public void Run_TextWithoutTokenizer_SaysWhatToDo()
    {
        var e = Assert.Throws<ModelFileException>(() => _model.Run("some text"));
        Assert.Equal(_tiny.Folder, e.Path);
        Assert.Contains("tokenizer.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TextOfTheEmbeddedModel_BeginsWithBos()
    {
        var tokenizer = EmbeddedPair.Model.RequireTokenizer();
        var run = EmbeddedPair.Model.Run((string[])["Once", ""], stopAtLayer: 0);
        Assert.Equal([tokenizer.BosId!.Value, .. tokenizer.ToTokens("Once", prependBos: false)], run.Batch[0].ToArray());
        Assert.Equal([tokenizer.BosId!.Value], run.Batch[1].ToArray());
    }

    [Fact]
    public void TestPrompt_EmptyAnswer_IsRefused()
    {
        var e = Assert.Throws<PromptException>(() => TestPrompt.Run(EmbeddedPair.Model, "Once", "", prependSpaceToAnswer: false));
        Assert.Contains("answer is empty", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Top_MoreThanTheVocabulary_GivesAllOfIt()
    {
        var top = _model.Run((int[])[1, 2]).Top(1000);
        Assert.Equal(61, top.Count);
        Assert.Equal(1, top.Sum(t => t.Probability), 1e-5);
        Assert.Equal(Enumerable.Range(0, 61), top.Select(t => t.Rank));
        Assert.Equal(top.OrderByDescending(t => t.Logit).ThenBy(t => t.Token).Select(t => t.Token), top.Select(t => t.Token));
        Assert.Equal($"<{top[0].Token}>", top[0].Text);
    }
}
