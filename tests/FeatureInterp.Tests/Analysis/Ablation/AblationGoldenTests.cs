using FeatureInterp.Analysis;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Ablations against SAELens and TransformerLens, when the goldens are there.</summary>
public class AblationGoldenTests
{
    public static TheoryData<string> Cases() => OnModelGoldens.Cases("ablate_");

    [Theory, MemberData(nameof(Cases))]
    public void Run_OnModelCase_EqualsThePeers(string name)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = OnModelGoldens.Open(name);
        var (model, sae) = (OnModelGoldens.ModelOf(name), OnModelGoldens.Sae(name, golden.Json.GetProperty("sae").GetString()!));
        var tokens = golden.Tokens("tokens")[0];
        int[] features = [.. golden.Json.GetProperty("features").EnumerateArray().Select(f => f.GetInt32())];
        foreach (var (error, isOn) in new[] { ("error", true), ("plain", false) })
        {
            // The text without its last three tokens as the prompt: the peers' logits there tell the answer's probabilities.
            var options = new AblationOptions { ErrorTerm = isOn, NewTokens = 0 };
            var all = Ablation.Run(model, sae, tokens[..^3], tokens[^3..], features, options);
            Compare(golden, $"none.{error}", tokens, all.Reference);
            foreach (var f in features)
                Compare(golden, $"feature{f}.{error}.all", tokens, all.Of(f)!.Score);

            // The peers' last position is that of the whole text; one token more makes it the prompt's.
            var last = Ablation.Run(model, sae, tokens, [7], features, options with { Positions = InterventionPositions.Last });
            foreach (var f in features)
                Assert.Equal(LogProbability(golden[$"feature{f}.{error}.last.logits"].Span[^61..], 7), last.Of(f)!.Score.LogProbability, 1e-4);
        }
    }

    [Fact]
    public void Run_EmbeddedPair_EqualsThePeers()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var cases = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens")).Json.GetProperty("ablation").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var group in cases.GroupBy(c => (Task: c.GetProperty("prompt").GetString()!, Error: c.GetProperty("error_term").GetBoolean())))
        {
            int[] answer = [.. group.First().GetProperty("answer_tokens").EnumerateArray().Select(t => t.GetInt32())];
            int[] features = [.. group.Where(c => c.GetProperty("feature").ValueKind is System.Text.Json.JsonValueKind.Number).Select(c => c.GetProperty("feature").GetInt32())];
            var result = Ablation.Run(EmbeddedPair.Model, EmbeddedPair.Sae, EmbeddedPair.Tokens(group.Key.Task), answer, features, new AblationOptions { ErrorTerm = group.Key.Error, NewTokens = 0, Details = 0 });
            foreach (var c in group)
            {
                var score = c.GetProperty("feature").ValueKind is System.Text.Json.JsonValueKind.Number ? result.Of(c.GetProperty("feature").GetInt32())!.Score : result.Reference;
                double[] wanted = [.. c.GetProperty("log_prob").EnumerateArray().Select(l => l.GetDouble())];
                Assert.Equal(wanted, score.Tokens.Select(t => t.LogProbability), (a, b) => Math.Abs(a - b) < 1e-4 + 1e-3 * Math.Abs(a));
            }
        }
    }

    private static void Compare(Golden golden, string line, int[] tokens, AnswerScore score)
    {
        var logits = golden[line + ".logits"];      // [1, pos, vocab]
        var vocab = logits.Shape[2];
        for (var i = 0; i < 3; i++)
        {
            var (at, token) = (tokens.Length - 4 + i, tokens[tokens.Length - 3 + i]);
            var row = logits.Span.Slice(at * vocab, vocab);
            Assert.Equal(LogProbability(row, token), score.Tokens[i].LogProbability, 1e-4);
            var own = row[token];
            Assert.Equal(row.ToArray().Count(l => l > own), score.Tokens[i].Rank);
        }
    }

    private static double LogProbability(ReadOnlySpan<float> logits, int token)
    {
        double[] values = [.. logits.ToArray()];
        return values[token] - Math.Log(values.Sum(Math.Exp));
    }
}
