using System.Globalization;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Ablations on a made-up model, against the double-precision twins of model and SAE, and against runs made one by one.</summary>
public sealed class AblationTests : IDisposable
{
    private const string Hook = "blocks.1.hook_resid_post";
    private readonly TinyModel _tiny = new(new TinyShape { Tied = false, Seed = 3 });
    private readonly TinySae _tinySae = new();
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;
    private readonly int[] _prompt;
    private readonly int[] _answer;

    public AblationTests()
    {
        (_model, _sae) = (_tiny.Load(), _tinySae.Load());
        (_prompt, _answer) = (_tiny.Prompt(9, 1), _tiny.Prompt(4, 2));
    }

    public void Dispose()
    {
        _tiny.Dispose();
        _tinySae.Dispose();
    }

    private static AblationOptions Quick => new() { Details = 0, NewTokens = 0 };

    public static TheoryData<string, bool> Ways()
    {
        var ways = new TheoryData<string, bool>();
        foreach (var where in new[] { "all", "last", "at 2, 10", "prompt", "answer" })
        {
            ways.Add(where, true);
            ways.Add(where, false);
        }

        return ways;
    }

    [Theory, MemberData(nameof(Ways))]
    public void RunSets_Scores_AreTheTwins(string where, bool errorTerm)
    {
        var options = Quick with
        {
            ErrorTerm = errorTerm,
            Positions = where switch { "last" => InterventionPositions.Last, "at 2, 10" => InterventionPositions.At(2, 10), _ => InterventionPositions.All },
            OnPrompt = where != "answer",
            OnAnswer = where != "prompt",
        };
        Func<int, bool> acts = where switch { "all" => _ => true, "last" => p => p >= 8, "prompt" => p => p < 9, "answer" => p => p >= 9, _ => p => p is 2 or 10 };
        int[][] sets = [.. Enumerable.Range(0, 53).Select(f => (int[])[f]), [.. Enumerable.Range(0, 26)], [3, 7, 11, 20, 41]];

        var result = Ablation.RunSets(_model, _sae, _prompt, _answer, sets, options);
        var reference = Twin([], errorTerm, acts);
        Near(Twin(null, errorTerm, acts), result.Clean);
        Near(reference, result.Reference);
        Assert.Equal(sets.Length, result.Lines.Count);
        foreach (var (set, line) in sets.Zip(result.Lines))
        {
            var wanted = Twin(set, errorTerm, acts);
            Assert.Equal(set, line.Features);
            Near(wanted, line.Score);
            Assert.Equal(wanted.LogProbability.Sum() - reference.LogProbability.Sum(), line.Effect, 2e-4);
            Assert.Equal(wanted.Margin - reference.Margin, line.Total, 2e-4);
            Assert.Equal(wanted.Fired, line.FiresAt);
            Assert.Equal(wanted.Max, line.MaxActivation, 1e-4);
        }

        Assert.Contains(result.Lines, l => Math.Abs(l.Effect) > 0.01);
        Assert.Equal(result.Lines.OrderBy(l => l.Effect).Select(l => l.Features), result.Ranked.Select(l => l.Features));
    }

    [Fact]
    public void Run_ManyAtOnce_IsEachByItself()
    {
        var together = Ablation.Run(_model, _sae, _prompt, _answer, [.. Enumerable.Range(0, 53)], Quick with { LinesAtOnce = 20 });
        foreach (var f in Enumerable.Range(0, 53))
        {
            var alone = Ablation.Run(_model, _sae, _prompt, _answer, [f], Quick with { LinesAtOnce = 1 });
            Assert.Equal(alone.Lines[0].Score.Tokens, together.Of(f)!.Score.Tokens);
            var set = Ablation.RunSets(_model, _sae, _prompt, _answer, [[f]], Quick);
            Assert.Equal(set.Lines[0].Score.Tokens, together.Of(f)!.Score.Tokens);
        }
    }

    [Fact]
    public void Run_Details_AreTheTwinsLayersAndTheTextsMadeAlone()
    {
        var result = Ablation.Run(_model, _sae, _prompt, _answer, [.. Enumerable.Range(0, 53)], new AblationOptions { Details = 3, NewTokens = 7 });
        Assert.True(result.IsComplete);
        Assert.Equal(_model.Generate(_prompt, 7)[0].Text, result.CleanText);
        var detailed = result.Lines.Where(l => l.Response is not null).ToArray();
        Assert.Equal(result.Lines.OrderByDescending(l => Math.Abs(l.Effect)).Take(3).Select(l => l.Features[0]).Order(), detailed.Select(l => l.Features[0]));
        var plain = Residuals([]);
        foreach (var line in detailed)
        {
            var branch = _sae.Intervene(Intervention.Zero(line.Features[0]));
            Assert.Equal(_model.Generate(_prompt, 7, edit: branch.Edits, splice: branch.Splices)[0].Text, line.Text);
            var response = line.Response!;
            Assert.Equal(Enumerable.Range(1, _tiny.Shape.Layers - 1).Select(l => $"blocks.{l}.hook_resid_post"), response.Layers.Select(l => l.Point));
            var changed = Residuals(line.Features);
            var last = plain[^1];
            for (var k = 0; k < response.Layers.Count; k++)
            {
                var final = last.Zip(changed[k].Zip(plain[k], (a, b) => a - b), (x, d) => x + d).ToArray();
                Assert.Equal(FromFinal(final) - FromFinal(last), response.Layers[k].Effect, 5e-4);
            }

            Assert.Equal(line.Direct, response.Direct, 1e-4);
            Assert.Equal(line.Total, response.Total, 1e-4);
            Assert.Equal(response.Total - response.Direct, response.Layers.Sum(l => l.Share), 1e-9);
            Assert.Equal(line.Total, line.Direct + line.Later, 1e-9);
        }
    }

    [Theory]
    [InlineData("blocks.1.hook_resid_pre", "blocks.1.hook_resid_pre,blocks.1.hook_resid_post")]
    [InlineData("blocks.0.hook_attn_out", "blocks.0.hook_resid_mid,blocks.0.hook_resid_post,blocks.1.hook_resid_post")]
    [InlineData("blocks.1.hook_mlp_out", "blocks.1.hook_resid_post")]
    [InlineData("blocks.0.hook_resid_mid", "blocks.0.hook_resid_mid,blocks.0.hook_resid_post,blocks.1.hook_resid_post")]
    public void Response_OfAnyHook_BeginsWithTheFirstPlaceThatHoldsTheChange(string hook, string points)
    {
        using var tiny = new TinySae(new TinySaeShape { Hook = hook });
        var result = Ablation.Run(_model, tiny.Load(), _prompt, _answer, options: new AblationOptions { Details = 2, NewTokens = 0 });
        var line = result.Lines.First(l => l.Response is not null);
        Assert.Equal(points.Split(',').Concat(Enumerable.Range(2, _tiny.Shape.Layers - 2).Select(l => $"blocks.{l}.hook_resid_post")), line.Response!.Layers.Select(l => l.Point));
        Assert.Equal(line.Total, line.Response.Total, 1e-4);
        Assert.Equal(line.Direct, line.Response.Direct, 1e-4);
    }

    [Theory]
    [InlineData("layer_norm", "jumprelu", false)]
    [InlineData("constant_norm_rescale", "standard", false)]
    [InlineData("none", "topk", true)]
    [InlineData("none", "topk", false)]
    [InlineData("none", "gated", false)]
    [InlineData("none", "temporal", false)]
    public void Run_AnyKindOfSae_IsTheInterventionRunByItself(string normalize, string architecture, bool rescale)
    {
        using var tiny = new TinySae(new TinySaeShape { Normalize = normalize, Architecture = architecture, Rescale = rescale, DSae = 52 });
        var sae = tiny.Load();
        int[] text = [.. _prompt, .. _answer];
        foreach (var errorTerm in new[] { true, false })
        {
            var result = Ablation.Run(_model, sae, _prompt, _answer, options: Quick with { ErrorTerm = errorTerm, Positions = InterventionPositions.At(2, 4, 5, 6, 10) });
            Assert.NotEmpty(result.Lines);
            foreach (var line in result.Lines)
            {
                var branch = sae.Intervene(Intervention.Zero(line.Features[0]) with { ErrorTerm = errorTerm, Positions = InterventionPositions.At(2, 4, 5, 6, 10) });
                var logits = _model.Run(text, edit: branch.Edits, splice: branch.Splices).Logits[0];
                var wanted = _answer.Select((a, i) =>
                {
                    double[] row = [.. logits.Row(_prompt.Length + i - 1).ToArray()];
                    return row[a] - Math.Log(row.Sum(Math.Exp));
                }).Sum();
                Assert.Equal(wanted, line.Score.LogProbability, 2e-4);
            }
        }
    }

    [Fact]
    public void Run_NoFeatures_TakesThoseThatFire()
    {
        var all = Ablation.Run(_model, _sae, _prompt, _answer, options: Quick with { Positions = InterventionPositions.At(3) });
        var twin = Acts();
        var norm = new SaeTwin(_tinySae);
        var wanted = Enumerable.Range(0, 53).Where(f => twin[3][f] != 0).OrderByDescending(f => twin[3][f] * norm.Norm(f)).ToArray();
        Assert.Equal(wanted, all.Active);
        Assert.Equal(wanted, all.Lines.Select(l => l.Features[0]));
        var some = Ablation.Run(_model, _sae, _prompt, _answer, options: Quick with { Positions = InterventionPositions.At(3), MaxFeatures = 2 });
        Assert.Equal(wanted.Take(2), some.Lines.Select(l => l.Features[0]));
        Assert.Equal(wanted, some.Active);
    }

    [Fact]
    public void Run_FeatureThatNeverFires_ChangesNothingAndIsSaid()
    {
        var never = Enumerable.Range(0, 53).First(f => Acts()[3][f] == 0);
        var result = Ablation.Run(_model, _sae, _prompt, _answer, [never], Quick with { Positions = InterventionPositions.At(3) });
        Assert.False(result.Lines[0].Fires);
        Assert.Equal(0, result.Lines[0].Effect);
        Assert.Equal([result.Lines[0]], result.Silent);
        Assert.Contains($"never fire here: {never.ToString(CultureInfo.InvariantCulture)}", string.Join(' ', result.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Cancelled_KeepsWhatThereIs()
    {
        using var cancel = new CancellationTokenSource();
        var seen = new List<AblationProgress>();
        var told = new Told(p =>
        {
            seen.Add(p);
            if (p.Done >= 12)
                cancel.Cancel();
        });
        int[] features = [.. Enumerable.Range(0, 53)];
        var options = new AblationOptions { LinesAtOnce = 5, NewTokens = 3 };
        var part = Ablation.Run(_model, _sae, _prompt, _answer, features, options, told, cancel.Token);
        Assert.False(part.IsComplete);
        Assert.Equal(10, part.Lines.Count);
        Assert.Contains("cancelled", part.ToString(), StringComparison.Ordinal);
        Assert.NotNull(seen[^1].Left);

        seen.Clear();
        var whole = Ablation.Run(_model, _sae, _prompt, _answer, features, options, new Told(seen.Add));
        Assert.True(whole.IsComplete);
        Assert.Equal(seen[^1].Total, seen[^1].Done);
        Assert.Equal(whole.Lines.Take(10).Select(l => l.Effect), part.Lines.Select(l => l.Effect));
        Assert.Throws<OperationCanceledException>(() => Ablation.Run(_model, _sae, _prompt, _answer, features, options, cancellation: new CancellationToken(canceled: true)));
    }

    // Lines come five at a time; then there are the layers' responses of six, and eight texts.
    [Theory, InlineData(12), InlineData(56), InlineData(62), InlineData(66)]
    public void Run_InterruptedWithAStateFile_DoesOnlyTheRest(int before)
    {
        using var folder = new Tokenizers.TemporaryFolder();
        using var cancel = new CancellationTokenSource();
        int[] features = [.. Enumerable.Range(0, 53)];
        var options = new AblationOptions { LinesAtOnce = 5, NewTokens = 3, StateFile = folder.PathOf("state.json") };
        long done = 0;
        var part = Ablation.Run(_model, _sae, _prompt, _answer, features, options, new Told(p =>
        {
            if (p.Done >= before)
                cancel.Cancel();
            done = p.Done;
        }), cancel.Token);
        Assert.False(part.IsComplete);
        Assert.InRange(done, before, before + 5);

        var seen = new List<AblationProgress>();
        var whole = Ablation.Run(_model, _sae, _prompt, _answer, features, options with { Resume = true, LinesAtOnce = 4 }, new Told(seen.Add));
        // But for the two runs with nothing ablated, which are made anew, all that was done is taken over.
        Assert.Equal(done - 2, seen[^1].Earlier);
        Assert.Equal(seen[^1].Total, seen[^1].Done);
        Same(Ablation.Run(_model, _sae, _prompt, _answer, features, options with { StateFile = null }), whole);
        seen.Clear();
        Same(whole, Ablation.Run(_model, _sae, _prompt, _answer, features, options with { Resume = true }, new Told(seen.Add)));
        Assert.Equal(seen[^1].Total - 2, seen[^1].Earlier);
        Assert.Equal(["state.json"], Directory.GetFiles(folder.Path).Select(f => Path.GetFileName(f)!));
    }

    [Fact]
    public void Run_StateOfAnotherAblationOrDamaged_IsRefused()
    {
        using var folder = new Tokenizers.TemporaryFolder();
        var path = folder.PathOf("state.json");
        var options = new AblationOptions { Details = 2, NewTokens = 3, StateFile = path, Resume = true };
        Ablation.Run(_model, _sae, _prompt, _answer, [3, 7, 11], options);
        var whole = File.ReadAllText(path);
        AnalysisException Refusal(int[] prompt, int[] answer, int[] features, AblationOptions o) => Assert.Throws<AnalysisException>(() => Ablation.Run(_model, _sae, prompt, answer, features, o));
        AnalysisException[] others =
        [
            Refusal(_prompt, _answer, [3, 7], options), Refusal(_prompt, _answer, [3, 11, 7], options), Refusal(_prompt[..^1], _answer, [3, 7, 11], options), Refusal(_prompt, [.. _answer, 5], [3, 7, 11], options),
            Refusal(_prompt, _answer, [3, 7, 11], options with { ErrorTerm = false }), Refusal(_prompt, _answer, [3, 7, 11], options with { NewTokens = 4 }), Refusal(_prompt, _answer, [3, 7, 11], options with { OnPrompt = false }),
            Refusal(_prompt, _answer, [3, 7, 11], options with { Positions = InterventionPositions.Last }), Refusal(_prompt, _answer, [3, 7, 11], options with { Details = 1 }),
            Assert.Throws<AnalysisException>(() => Ablation.RunSets(_model, _sae, _prompt, _answer, [[3, 7], [11]], options)),
        ];
        Assert.All(others, e => Assert.True(e.OtherState && e.Message.Contains("another ablation", StringComparison.Ordinal)));
        using (var other = new TinySae(new TinySaeShape { Seed = 99 }))
            Assert.True(Assert.Throws<AnalysisException>(() => Ablation.Run(_model, other.Load(), _prompt, _answer, [3, 7, 11], options)).OtherState);

        string[] damages = ["", "{", "null", "{}", whole[..(whole.Length / 2)], whole.Replace("\"Features\":[3]", "\"Features\":[4]", StringComparison.Ordinal), whole.Replace("\"Features\":[3]", "\"Features\":null", StringComparison.Ordinal),
            whole.Replace("\"Rank\":", "\"Rank\":-", StringComparison.Ordinal).Replace("-0", "-1", StringComparison.Ordinal), whole.Replace("\"Tokens\":[", "\"Tokens\":[null,", StringComparison.Ordinal),
            whole.Replace("\"Layers\":[", "\"Layers\":[null,", StringComparison.Ordinal), whole.Replace("\"Lines\":[", "\"Lines\":[null,", StringComparison.Ordinal)];
        foreach (var damage in damages)
        {
            Assert.NotEqual(whole, damage);
            File.WriteAllText(path, damage);
            var e = Refusal(_prompt, _answer, [3, 7, 11], options);
            Assert.True(!e.OtherState && e.Message.Contains("delete it", StringComparison.Ordinal), damage[..Math.Min(99, damage.Length)]);
        }
    }

    // To the bit: a state keeps every digit, and no line depends on those it runs beside.
    private static void Same(AblationResult wanted, AblationResult found)
    {
        Assert.True(found.IsComplete);
        Assert.Equal((wanted.CleanText, wanted.ReferenceText), (found.CleanText, found.ReferenceText));
        Assert.Equal(wanted.Lines.Count, found.Lines.Count);
        foreach (var (a, b) in wanted.Lines.Zip(found.Lines))
        {
            Assert.Equal(a.Features, b.Features);
            Assert.Equal(a.Score.Tokens, b.Score.Tokens);
            Assert.Equal((a.FiresAt, a.MaxActivation, a.Effect, a.Total, a.Direct, a.Text), (b.FiresAt, b.MaxActivation, b.Effect, b.Total, b.Direct, b.Text));
            Assert.Equal(a.Response?.Layers, b.Response?.Layers);
        }
    }

    private static readonly Dictionary<string, (Action<AblationTests> Call, string Says)> BadCalls = new(StringComparer.Ordinal)
    {
        ["no feature"] = (t => t.Run([]), "No feature"),
        ["feature out of range"] = (t => t.Run([53]), "features 0 to 52"),
        ["negative feature"] = (t => t.Run([-1]), "no feature -1"),
        ["feature twice"] = (t => t.Run([4, 4]), "twice"),
        ["no set"] = (t => Ablation.RunSets(t._model, t._sae, t._prompt, t._answer, []), "no set"),
        ["empty set"] = (t => Ablation.RunSets(t._model, t._sae, t._prompt, t._answer, [[1], []]), "Set 1 is empty"),
        ["set out of range"] = (t => Ablation.RunSets(t._model, t._sae, t._prompt, t._answer, [[1, 99]]), "no feature 99"),
        ["no answer"] = (t => Ablation.Run(t._model, t._sae, t._prompt, []), "answer has no token"),
        ["answer outside the vocabulary"] = (t => Ablation.Run(t._model, t._sae, t._prompt, [61]), "Token 61"),
        ["full context"] = (t => Ablation.Run(t._model, t._sae, t._tiny.Prompt(40, 1), t._answer), "fills the context"),
        ["no room for the answer"] = (t => Ablation.Run(t._model, t._sae, t._tiny.Prompt(t._model.Config.ContextLength - 1, 1), t._answer), "more than the context"),
        ["positions past the end"] = (t => t.Run([1], Quick with { Positions = InterventionPositions.At(12) }), "positions 0 to 11"),
        ["nowhere"] = (t => t.Run([1], Quick with { OnPrompt = false, OnAnswer = false }), "neither"),
        ["answer of no text"] = (t => Ablation.Run(t._model, t._sae, t._prompt, t._model.Tokenizer is { } own ? own.ToTokens("", prependBos: false) : []), "answer has no token"),
        ["resume from nowhere"] = (t => t.Run([1], Quick with { Resume = true }), "StateFile"),
        ["MaxFeatures"] = (t => t.Run([1], Quick with { MaxFeatures = 0 }), "MaxFeatures"),
        ["Details"] = (t => t.Run([1], Quick with { Details = -1 }), "Details"),
        ["NewTokens"] = (t => t.Run([1], Quick with { NewTokens = -1 }), "NewTokens"),
        ["LinesAtOnce"] = (t => t.Run([1], Quick with { LinesAtOnce = 0 }), "LinesAtOnce"),
    };

    public static TheoryData<string> Bad => new(BadCalls.Keys);

    [Theory, MemberData(nameof(Bad))]
    public void Run_BadInput_IsRefusedInOneSentence(string name)
    {
        var e = Assert.Throws<AnalysisException>(() => BadCalls[name].Call(this));
        Assert.Contains(BadCalls[name].Says, e.Message, StringComparison.Ordinal);
    }

    private void Run(int[] features, AblationOptions? options = null) => Ablation.Run(_model, _sae, _prompt, _answer, features, options ?? Quick);

    private sealed record TwinAnswer(double[] LogProbability, int[] Rank, double Margin, int Fired, double Max);

    // The whole text in double, the SAE in the hook's place, features zeroed where they are to be; null for no SAE.
    private TwinAnswer Twin(IReadOnlyList<int>? features, bool errorTerm, Func<int, bool> acts)
    {
        var (fired, max, sae) = (0, 0.0, new SaeTwin(_tinySae));
        int[] text = [.. _prompt, .. _answer[..^1]];
        var logits = new ModelTwin(_tiny)
        {
            Edit = (name, value) =>
            {
                for (var t = 0; name == Hook && features is not null && t < text.Length; t++)
                {
                    var row = value.Values.AsSpan(t * 20, 20);
                    var whole = sae.Run(row);
                    if (acts(t) && features.Any(f => whole.Acts[f] != 0))
                        (fired, max) = (fired + 1, Math.Max(max, features.Max(f => whole.Acts[f])));
                    var output = sae.Run(row, a =>
                    {
                        foreach (var f in features.Where(_ => acts(t)))
                            a[f] = 0;
                    }).Output;
                    for (var d = 0; d < 20; d++)
                        row[d] = output[d] + (errorTerm ? row[d] - whole.Output[d] : 0);
                }
            },
        }.Run(text);
        var rows = _answer.Select((_, i) => logits.AsSpan((_prompt.Length + i - 1) * 61, 61).ToArray()).ToArray();
        return new TwinAnswer(
            [.. _answer.Select((a, i) => rows[i][a] - Math.Log(rows[i].Sum(Math.Exp)))],
            [.. _answer.Select((a, i) => rows[i].Count(l => l > rows[i][a]))],
            _answer.Select((a, i) => rows[i][a] - rows[i].Where((_, t) => t != a).Max()).Sum(), fired, max);
    }

    private static void Near(TwinAnswer wanted, AnswerScore found)
    {
        Assert.Equal(wanted.Rank, found.Tokens.Select(t => t.Rank));
        Assert.Equal(wanted.LogProbability, found.Tokens.Select(t => t.LogProbability), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Equal(wanted.LogProbability.Sum(), found.LogProbability, 2e-4);
        Assert.Equal(wanted.Rank.All(r => r == 0), found.IsGreedy);
        Assert.Equal(Array.FindIndex(wanted.Rank, r => r > 0), found.FirstMiss ?? -1);
    }

    // Every feature of every token of the text.
    private double[][] Acts()
    {
        var twin = new ModelTwin(_tiny);
        twin.Run([.. _prompt, .. _answer[..^1]]);
        return [.. twin.Hooks[Hook].Values.Chunk(20).Select(row => new SaeTwin(_tinySae).Run(row).Acts)];
    }

    // The stream after block 1 and later ones, with the error term.
    private double[][] Residuals(IReadOnlyList<int> features)
    {
        var sae = new SaeTwin(_tinySae);
        var twin = new ModelTwin(_tiny)
        {
            Edit = (name, value) =>
            {
                for (var t = 0; name == Hook && t < value.Shape[0]; t++)
                {
                    var row = value.Values.AsSpan(t * 20, 20);
                    var (whole, zeroed) = (sae.Run(row).Output, sae.Run(row, a =>
                    {
                        foreach (var f in features)
                            a[f] = 0;
                    }).Output);
                    for (var d = 0; d < 20; d++)
                        row[d] += zeroed[d] - whole[d];
                }
            },
        };
        twin.Run([.. _prompt, .. _answer[..^1]]);
        return [.. Enumerable.Range(1, _tiny.Shape.Layers - 1).Select(l => twin.Hooks[$"blocks.{l}.hook_resid_post"].Values)];
    }

    // The answer's margin when this is what leaves the last block.
    private double FromFinal(double[] final)
    {
        var logits = new ModelTwin(_tiny)
        {
            Edit = (name, value) =>
            {
                if (name == $"blocks.{_tiny.Shape.Layers - 1}.hook_resid_post")
                    final.CopyTo(value.Values, 0);
            },
        }.Run([.. _prompt, .. _answer[..^1]]);
        return _answer.Select((a, i) =>
        {
            var row = logits.AsSpan((_prompt.Length + i - 1) * 61, 61).ToArray();
            return row[a] - row.Where((_, t) => t != a).Max();
        }).Sum();
    }

    private sealed class Told(Action<AblationProgress> tell) : IProgress<AblationProgress>
    {
        public void Report(AblationProgress value) => tell(value);
    }
}
