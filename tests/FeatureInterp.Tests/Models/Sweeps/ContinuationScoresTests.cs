using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Texts scored from one prompt on, against the twin's whole runs.</summary>
public sealed class ContinuationScoresTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { Tied = false, Seed = 3 });

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void LogProbabilities_UnequalTexts_AreThoseOfTheTwin()
    {
        int[] prompt = _tiny.Prompt(7, 1);
        int[][] texts = [_tiny.Prompt(5, 2), [], _tiny.Prompt(1, 3), _tiny.Prompt(2, 4), _tiny.Prompt(12, 5)];
        var found = _tiny.Load().LogProbabilities(prompt, texts);
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.Equal(texts[i].Length, found[i].Length);
            var logits = new ModelTwin(_tiny).Run([.. prompt, .. texts[i]]);
            for (var t = 0; t < texts[i].Length; t++)
            {
                var row = logits.AsSpan((6 + t) * 61, 61).ToArray();
                Assert.Equal(row[texts[i][t]] - Math.Log(row.Sum(Math.Exp)), found[i][t], 1e-4);
            }
        }
    }

    [Fact]
    public void LogProbabilities_ToTheLastPosition_AreGiven()
    {
        var found = _tiny.Load().LogProbabilities(_tiny.Prompt(30, 1), [_tiny.Prompt(11, 2)]);
        Assert.Equal(11, found[0].Length);
        Assert.All(found[0], score => Assert.True(score < 0));
    }

    [Fact]
    public void LogProbabilities_TooLongOrUnknown_IsRefused()
    {
        var model = _tiny.Load();
        Assert.Contains("42 tokens", Assert.Throws<PromptException>(() => model.LogProbabilities(_tiny.Prompt(30, 1), [_tiny.Prompt(12, 2)])).Message, StringComparison.Ordinal);
        Assert.Contains("Token 61", Assert.Throws<PromptException>(() => model.LogProbabilities(_tiny.Prompt(3, 1), [(int[])[1, 61]])).Message, StringComparison.Ordinal);
    }
}
