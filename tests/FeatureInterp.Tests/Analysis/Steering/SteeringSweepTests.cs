using System.Xml.Linq;
using FeatureInterp.Analysis;
using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Steering sweeps of a made-up model, against runs of its own made one after another and sums written out.</summary>
public sealed class SteeringSweepTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { Tied = false, Seed = 3 });
    private readonly TinySae _tinySae = new();
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;
    private readonly int[][] _prompts;

    public SteeringSweepTests()
    {
        _model = _tiny.Load();
        _sae = _tinySae.Load();
        _prompts = [_tiny.Prompt(8, 1), _tiny.Prompt(5, 2)];
    }

    public void Dispose()
    {
        _tiny.Dispose();
        _tinySae.Dispose();
    }

    private static SteeringOptions Options => new() { NewTokens = 9, MaxActivations = new Dictionary<int, double> { [3] = 1.5, [7] = 0.75 } };

    [Fact]
    public void Run_EveryLine_IsTheTextMadeAlone()
    {
        Sampling[] samplings = [Sampling.Greedy, new Sampling { Temperature = 1.5f, Seed = 5 }];
        var result = SteeringSweep.Run(_model, _sae, _prompts, [7, 3], [2, -1, 0, 2], Options with { Samplings = samplings, TextsAtOnce = 4 });
        Assert.Equal([-1, 2], result.Strengths);
        Assert.Equal(2 * 2 * (1 + 2 * 2), result.Texts.Count);
        Assert.True(result.IsComplete);
        foreach (var text in result.Texts)
        {
            var direction = text.Feature is { } f ? _tinySae.Decoder.Skip(f * 20).Take(20).Select(d => (float)d).ToArray() : new float[20];
            var steer = Hook.Add("blocks.1.hook_resid_post", direction, (float)(text.Strength * (text.Feature == 3 ? 1.5 : 0.75)));
            var alone = _model.Generate(_prompts[text.Prompt], 9, samplings[text.Sampling], [steer])[0];
            Assert.Equal(alone.Tokens, text.Tokens);
            Assert.Equal(alone.LogProbabilities, text.LogProbabilities);
        }
    }

    [Fact]
    public void Run_Scores_AreTheTwinsLogProbabilities()
    {
        var result = SteeringSweep.Run(_model, _sae, _prompts, [3], [-4, 4], Options);
        foreach (var text in result.Texts)
        {
            int[] whole = [.. _prompts[text.Prompt], .. text.Tokens];
            var logits = new ModelTwin(_tiny).Run(whole);
            for (var t = 0; t < text.Tokens.Count; t++)
            {
                var row = logits.AsSpan((_prompts[text.Prompt].Length + t - 1) * 61, 61).ToArray();
                var wanted = row[text.Tokens[t]] - Math.Log(row.Sum(Math.Exp));
                Assert.Equal(wanted, text.UnsteeredLogProbabilities[t], 1e-4);
            }

            Assert.Equal(text.UnsteeredLogProbabilities.Sum() / text.Tokens.Count, text.MeanLogProbability, 1e-9);
        }

        Assert.Equal(result.Unsteered()!.LogProbabilities, result.Unsteered()!.UnsteeredLogProbabilities, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Run_DecoderNorm_AddsAVectorOfThatLength()
    {
        var result = SteeringSweep.Run(_model, _sae, _prompts, [3], [2], Options with { Unit = SteeringUnit.DecoderNorm, MaxActivations = null });
        var norm = Math.Sqrt(_tinySae.Decoder.Skip(60).Take(20).Sum(d => d * d));
        Assert.Equal(1 / norm, result.Amounts[3], 1e-6);
        var steer = _sae.Intervene(Intervention.Add(3, 2 / norm));
        Assert.Equal(_model.Generate(_prompts[0], 9, edit: steer.Edits)[0].Tokens, result.Of(3)[1].Tokens);
    }

    [Fact]
    public void Run_NoMaxima_TakesThoseOfThePrompts()
    {
        var twin = new SaeTwin(_tinySae);
        var wanted = new double[53];
        int[][] prompts = [_tiny.Prompt(2, 1), _tiny.Prompt(1, 2)];    // few tokens, so that some feature never fires
        foreach (var prompt in prompts)
        {
            new ModelTwin(_tiny)
            {
                Edit = (name, value) =>
                {
                    for (var t = 0; name == "blocks.1.hook_resid_post" && t < prompt.Length; t++)
                    {
                        var acts = twin.Run(value.Values.AsSpan(t * 20, 20)).Acts;
                        for (var f = 0; f < 53; f++)
                            wanted[f] = Math.Max(wanted[f], acts[f]);
                    }
                },
            }.Run(prompt);
        }

        var (fires, never) = (Array.FindIndex(wanted, w => w > 0.1), Array.IndexOf(wanted, 0.0));
        Assert.Equal(wanted[fires], SteeringSweep.Run(_model, _sae, prompts, [fires], [1], Options with { MaxActivations = null }).Amounts[fires], 1e-4);
        var e = Assert.Throws<AnalysisException>(() => SteeringSweep.Run(_model, _sae, prompts, [never], [1], Options with { MaxActivations = null }));
        Assert.Contains("never fired on the prompts", e.Message, StringComparison.Ordinal);
        Assert.Contains("DecoderNorm", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Cancelled_KeepsWhatThereIs_AndResumes()
    {
        using var cancel = new CancellationTokenSource();
        var seen = new List<SteeringProgress>();
        var stopping = new Told(p =>
        {
            seen.Add(p);
            if (seen.Count == 25)
                cancel.Cancel();
        });
        var options = Options with { TextsAtOnce = 2 };
        var part = SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options, progress: stopping, cancellation: cancel.Token);
        Assert.False(part.IsComplete);
        Assert.Equal(2, part.Texts.Count(t => t.IsComplete));
        Assert.Contains(part.Texts, t => !t.IsComplete && t.Tokens.Count is > 0 and < 9);
        Assert.All(seen, p => Assert.Equal(2 * 5 * 9, p.Total));
        Assert.NotNull(seen[^1].Left);
        Assert.Contains("cancelled", part.ToString(), StringComparison.Ordinal);

        var made = 0;
        var whole = SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options, part, new Told(_ => made++));
        var once = SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options);
        Assert.True(whole.IsComplete);
        Assert.Equal(once.Texts.Select(t => string.Join(' ', t.Tokens)), whole.Texts.Select(t => string.Join(' ', t.Tokens)));
        Assert.Equal(8 * 9 + 2, made);

        // Of other choices nothing is taken over.
        made = 0;
        SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options with { NewTokens = 4 }, part, new Told(_ => made++));
        Assert.Equal(10 * 4 + 2, made);
    }

    [Theory, InlineData(30), InlineData(20), InlineData(70)]
    public void Run_InterruptedWithAStateFile_MakesOnlyTheRest(int tokensBefore)
    {
        using var folder = new Tokenizers.TemporaryFolder();
        using var cancel = new CancellationTokenSource();
        Sampling[] samplings = [Sampling.Greedy, new Sampling { Temperature = 1.5f, Seed = 5 }];
        var options = Options with { TextsAtOnce = 2, Samplings = samplings, StateFile = folder.PathOf("state.json") };
        var came = 0;
        var part = SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options, progress: new Told(_ =>
        {
            if (++came == tokensBefore)
                cancel.Cancel();
        }), cancellation: cancel.Token);
        Assert.False(part.IsComplete);
        var done = part.Texts.Count(t => t.IsComplete);
        Assert.InRange(done, 2, 8);

        var seen = new List<SteeringProgress>();
        var whole = SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options with { Resume = true, TextsAtOnce = 3 }, progress: new Told(seen.Add));
        Assert.Equal(done * 9, seen[^1].Earlier);
        // A report for each token, and one of each prompt's earlier texts.
        Assert.Equal((20 - done) * 9 + 2, seen.Count);
        Assert.Contains("by an earlier run", seen[^1].ToString(), StringComparison.Ordinal);
        Same(SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options with { StateFile = null }), whole);

        // Nothing is left to do; and what there is survives a run that is stopped at once.
        seen.Clear();
        SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options with { Resume = true }, progress: new Told(seen.Add));
        Assert.All(seen, p => Assert.Equal(p.Earlier, p.Done));
        Same(whole, SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options with { Resume = true }, cancellation: new CancellationToken(canceled: true)));
        Assert.Equal(["state.json"], Directory.GetFiles(folder.Path).Select(f => Path.GetFileName(f)!));
    }

    [Fact]
    public void Run_StateOfAnotherSweepOrDamaged_IsRefused()
    {
        using var folder = new Tokenizers.TemporaryFolder();
        var path = folder.PathOf("state.json");
        var options = Options with { StateFile = path, Resume = true };
        SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-1, 1], options);
        var whole = File.ReadAllText(path);
        AnalysisException Refusal(int[][] prompts, int[] features, double[] strengths, SteeringOptions o) => Assert.Throws<AnalysisException>(() => SteeringSweep.Run(_model, _sae, prompts, features, strengths, o));
        AnalysisException[] others =
        [
            Refusal(_prompts, [3], [-1, 1], options), Refusal(_prompts, [3, 7], [-1, 2], options), Refusal([.. _prompts.Reverse()], [3, 7], [-1, 1], options),
            Refusal(_prompts, [3, 7], [-1, 1], options with { NewTokens = 8 }), Refusal(_prompts, [3, 7], [-1, 1], options with { OnPrompt = false }), Refusal(_prompts, [3, 7], [-1, 1], options with { MaxDrop = 1 }),
            Refusal(_prompts, [3, 7], [-1, 1], options with { Samplings = [new Sampling { Temperature = 1 }] }),
            Refusal(_prompts, [3, 7], [-1, 1], options with { MaxActivations = new Dictionary<int, double> { [3] = 1.5, [7] = 0.5 } }),
        ];
        Assert.All(others, e => Assert.True(e.OtherState && e.Message.Contains("another steering sweep", StringComparison.Ordinal)));
        using (var other = new TinySae(new TinySaeShape { Seed = 99 }))
            Assert.True(Assert.Throws<AnalysisException>(() => SteeringSweep.Run(_model, other.Load(), _prompts, [3, 7], [-1, 1], options)).OtherState);
        Assert.Contains("StateFile", Assert.Throws<AnalysisException>(() => SteeringSweep.Run(_model, _sae, _prompts, [3], [1], Options with { Resume = true })).Message, StringComparison.Ordinal);

        string[] damages = ["", "{", "null", "{}", whole[..(whole.Length / 2)], whole.Replace("\"Prompt\":0", "\"Prompt\":2", StringComparison.Ordinal), whole.Replace("\"Prompt\":0", "\"Prompt\":-1", StringComparison.Ordinal), whole.Replace("\"Feature\":3", "\"Feature\":4", StringComparison.Ordinal),
            whole.Replace("\"Sampling\":0", "\"Sampling\":1", StringComparison.Ordinal), whole.Replace("\"Tokens\":[", "\"Tokens\":[61,", StringComparison.Ordinal), whole.Replace("\"Strength\":1", "\"Strength\":5", StringComparison.Ordinal),
            whole.Replace("\"LogProbabilities\":[", "\"LogProbabilities\":[0,", StringComparison.Ordinal), System.Text.RegularExpressions.Regex.Replace(whole, "\"Texts\":\\[.*\\]", "\"Texts\":[null]")];
        foreach (var damage in damages)
        {
            Assert.NotEqual(whole, damage);
            File.WriteAllText(path, damage);
            var e = Refusal(_prompts, [3, 7], [-1, 1], options);
            Assert.True(!e.OtherState && e.Message.Contains("delete it", StringComparison.Ordinal), damage[..Math.Min(99, damage.Length)]);
        }
    }

    private static void Same(SteeringResult wanted, SteeringResult found)
    {
        Assert.True(found.IsComplete);
        Assert.Equal(wanted.Texts.Count, found.Texts.Count);
        foreach (var (a, b) in wanted.Texts.Zip(found.Texts))
        {
            Assert.Equal((a.Prompt, a.Feature, a.Strength, a.Sampling, a.Text, a.Finished, a.FallsApart, a.Marked), (b.Prompt, b.Feature, b.Strength, b.Sampling, b.Text, b.Finished, b.FallsApart, b.Marked));
            Assert.Equal(a.Tokens, b.Tokens);
            Assert.Equal(a.LogProbabilities, b.LogProbabilities);
            Assert.Equal(a.UnsteeredLogProbabilities, b.UnsteeredLogProbabilities);
        }
    }

    [Fact]
    public void Breaks_NamesTheNearestStrengthsThatFallApart()
    {
        var result = SteeringSweep.Run(_model, _sae, _prompts, [3], [-40, -0.001, 0.001, 20, 40], Options with { MaxDrop = 0.5 });
        foreach (var prompt in new[] { 0, 1 })
        {
            var texts = result.Of(3, prompt);
            var plain = result.Unsteered(prompt)!;
            foreach (var t in texts)
            {
                var grams = Enumerable.Range(0, t.Tokens.Count - 2).Select(i => string.Join(' ', t.Tokens.Skip(i).Take(3))).ToArray();
                Assert.Equal(1 - grams.Distinct().Count() / (double)grams.Length, t.Repetition, 1e-12);
                Assert.Equal(t.Strength != 0 && (t.MeanLogProbability < plain.MeanLogProbability - 0.5 || t.Repetition > plain.Repetition + 0.5), t.FallsApart);
            }

            var broken = texts.Where(t => t.FallsApart).Select(t => t.Strength).ToArray();
            Assert.Equal(broken.Any(s => s > 0) ? broken.Where(s => s > 0).Min() : null, result.Breaks(3, prompt).Positive);
            Assert.Equal(broken.Any(s => s < 0) ? broken.Where(s => s < 0).Max() : null, result.Breaks(3, prompt).Negative);
        }

        Assert.NotNull(result.Breaks(3).Positive);
    }

    [Fact]
    public void Marked_ShowsRunsThatTheUnsteeredTextLacks()
    {
        Assert.Equal([true, false, true, false], TextDifference.Shared([1, 9, 2, 8], [1, 2, 3]));
        Assert.Equal([], TextDifference.Shared([], [1]));
        Assert.Equal([false, false], TextDifference.Shared([1, 2], []));
        Assert.Equal([true, true, true], TextDifference.Shared([4, 5, 4], [4, 6, 5, 4]));
        var text = SteeringSweep.Run(_model, _sae, _prompts, [3], [1], Options).Of(3)[1] with { TokenTexts = ["a", "b", "c", "d"], IsShared = [true, false, false, true] };
        Assert.Equal("a⟦bc⟧d", text.Marked);
    }

    [Fact]
    public void ToDisplay_IsAPictureAndATextOfEverything()
    {
        var result = SteeringSweep.Run(_model, _sae, _prompts, [3, 7], [-8, 8], Options);
        var svg = XDocument.Parse(result.ToSvg());
        Assert.Equal("svg", svg.Root!.Name.LocalName);
        var text = result.ToString();
        Assert.Contains("feature 7, prompt 1", text, StringComparison.Ordinal);
        Assert.Contains("strength +8", text, StringComparison.Ordinal);
        Assert.Contains("rule of thumb", text, StringComparison.Ordinal);
        Assert.Contains("blocks.1.hook_resid_post", text, StringComparison.Ordinal);
    }

    public static TheoryData<string> Bad => new(BadCalls.Keys);

    private static readonly Dictionary<string, (Action<SteeringSweepTests> Call, string Says)> BadCalls = new(StringComparer.Ordinal)
    {
        ["no feature"] = (t => t.Run([], [1]), "no feature"),
        ["feature out of range"] = (t => t.Run([53], [1]), "features 0 to 52"),
        ["negative feature"] = (t => t.Run([-1], [1]), "no feature -1"),
        ["no strength"] = (t => t.Run([3], []), "no strength"),
        ["NaN strength"] = (t => t.Run([3], [1, double.NaN]), "NaN"),
        ["infinite strength"] = (t => t.Run([3], [double.NegativeInfinity]), "finite"),
        ["unknown maximum"] = (t => t.Run([4], [1]), "says nothing of feature 4"),
        ["zero maximum"] = (t => t.Run([3], [1], Options with { MaxActivations = new Dictionary<int, double> { [3] = 0 } }), "never fired"),
        ["NaN maximum"] = (t => t.Run([3], [1], Options with { MaxActivations = new Dictionary<int, double> { [3] = double.NaN } }), "finite"),
        ["full context"] = (t => SteeringSweep.Run(t._model, t._sae, [t._tiny.Prompt(40, 1)], [3], [1], Options), "fills the context"),
        ["no prompt"] = (t => SteeringSweep.Run(t._model, t._sae, Array.Empty<int[]>(), [3], [1], Options), "no prompt"),
        ["no new tokens"] = (t => t.Run([3], [1], Options with { NewTokens = 0 }), "NewTokens is 0"),
        ["no sampling"] = (t => t.Run([3], [1], Options with { Samplings = [] }), "no way to choose"),
        ["MaxDrop"] = (t => t.Run([3], [1], Options with { MaxDrop = double.NaN }), "MaxDrop"),
        ["MaxRepetition"] = (t => t.Run([3], [1], Options with { MaxRepetition = 0 }), "MaxRepetition"),
        ["TextsAtOnce"] = (t => t.Run([3], [1], Options with { TextsAtOnce = 0 }), "TextsAtOnce"),
        ["nowhere"] = (t => t.Run([3], [1], Options with { OnPrompt = false, OnNewTokens = false }), "neither"),
        ["empty corpus"] = (t => MaxActivation.Over(t._model, t._sae, Array.Empty<int[]>(), [1]), "no text"),
    };

    [Theory, MemberData(nameof(Bad))]
    public void Run_BadInput_IsRefusedInOneSentence(string name)
    {
        var e = Assert.Throws<AnalysisException>(() => BadCalls[name].Call(this));
        Assert.Contains(BadCalls[name].Says, e.Message, StringComparison.Ordinal);
    }

    private void Run(int[] features, double[] strengths, SteeringOptions? options = null) => SteeringSweep.Run(_model, _sae, _prompts, features, strengths, options ?? Options);

    private sealed class Told(Action<SteeringProgress> tell) : IProgress<SteeringProgress>
    {
        public void Report(SteeringProgress value) => tell(value);
    }
}
