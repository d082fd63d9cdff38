using FeatureInterp.Models;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

public class StopTokenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("{\"eos_token_id\": 7}", new[] { 7, 1 })]
    [InlineData("{\"eos_token_id\": [9, 1, 7]}", new[] { 9, 1, 7 })]
    [InlineData("{}", new[] { 1 })]
    public void StopTokens_GenerationConfig_ComesBesideTheTokenizersOwn(string config, int[] wanted)
    {
        _folder.Write("generation_config.json", config);
        Assert.Equal(wanted, Load().StopTokens);
    }

    [Theory]
    [InlineData("{\"eos_token_id\": -3}")]
    [InlineData("{\"eos_token_id\": [1.5]}")]
    [InlineData("{\"eos_token_id\": \"</s>\"}")]
    public void Load_AbsurdStopToken_IsNamed(string config)
    {
        _folder.Write("generation_config.json", config);
        Assert.Contains("'eos_token_id'", Assert.Throws<ModelFileException>(Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_StopTokenOfOnesOwn_EndsTheText()
    {
        var model = Load();
        var free = model.Generate("Once upon a time", 12)[0];
        var stop = free.Tokens[5];
        var first = free.Tokens.ToList().IndexOf(stop);
        var ended = model.Generate("Once upon a time", 12, stopTokens: [stop])[0];
        Assert.Equal(free.Tokens.Take(first + 1), ended.Tokens);
        Assert.Equal(FinishReason.EndOfSequence, ended.Finished);
    }

    // ln of the softmax, worked out from the logits of a plain run.
    [Fact]
    public void Generate_LogProbabilities_AreThoseOfARun()
    {
        var model = Load();
        var prompt = model.Tokenizer!.ToTokens("Once upon a time");
        var made = model.Generate(prompt, 6, new Sampling { Temperature = 0.7f, TopK = 20, FrequencyPenalty = 0.5f, Seed = 3 })[0];
        var logits = model.Run((int[])[.. prompt, .. made.Tokens]).Logits[0];
        for (var i = 0; i < made.Tokens.Count; i++)
        {
            var row = logits.Row(prompt.Length - 1 + i).ToArray();
            var wanted = row[made.Tokens[i]] - Math.Log(row.Sum(v => Math.Exp(v - row.Max()))) - row.Max();
            Assert.Equal(wanted, made.LogProbabilities[i], 1e-4);
        }
    }

    public void Dispose() => _folder.Dispose();

    // The embedded model in a folder of its own.
    private Transformer Load()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "data", "models", "talegrid-6m")))
        {
            if (!File.Exists(_folder.PathOf(Path.GetFileName(file))))
                File.CreateSymbolicLink(_folder.PathOf(Path.GetFileName(file)), file);
        }

        return Transformer.Load(_folder.Path);
    }
}
