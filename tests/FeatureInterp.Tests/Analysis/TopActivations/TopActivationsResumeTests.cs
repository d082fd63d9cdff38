using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>A pass that is stopped anywhere and goes on gives what a pass in one go gives, to the bit.</summary>
public sealed class TopActivationsResumeTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly TinySae _tinySae = new(new() { Architecture = "standard", Hook = "blocks.1.hook_resid_post", DIn = 20 });
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("top-activations-resume-");
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;

    public TopActivationsResumeTests() => (_model, _sae) = (_tiny.Load(), _tinySae.Load());

    private string State => Path.Combine(_folder.FullName, "state.json");

    public void Dispose()
    {
        _tinySae.Dispose();
        _tiny.Dispose();
        _folder.Delete(recursive: true);
    }

    private int[][] Rows(int count = 9) => [.. Enumerable.Range(0, count).Select(r => _tiny.Prompt(3 + 4 * r % 17, seed: r))];

    private byte[] Saved(TopActivationsResult result)
    {
        var path = Path.Combine(_folder.FullName, "result.json");
        result.Save(path);
        return File.ReadAllBytes(path);
    }

    // Runs until so many rows are done.
    private void Stop(TopActivationsOptions options, int rows)
    {
        using var source = new CancellationTokenSource();
        var given = Rows().Select((row, r) =>
        {
            if (r == rows)
                source.Cancel();
            return row;
        });
        Assert.ThrowsAny<OperationCanceledException>(() => TopActivations.Run(_model, _sae, TokenRows.Of(given), options, cancellation: source.Token));
    }

    public static TheoryData<bool, bool, int> Ways() => new()
    {
        { false, false, 1 }, { false, false, 20 }, { true, false, 1 }, { false, true, 1 }, { true, true, 20 },
    };

    [Theory, MemberData(nameof(Ways))]
    public void Run_StoppedAnywhereAndResumed_GivesTheSameToTheBit(bool chosen, bool onePerRow, int batchTokens)
    {
        var options = new TopActivationsOptions { Features = chosen ? [3, 0, 7] : null, Examples = 3, OnePerRow = onePerRow, Before = 2, After = 1, BatchTokens = batchTokens, StateFile = State, Resume = true };
        var whole = Saved(TopActivations.Run(_model, _sae, Rows(), options with { StateFile = null, Resume = false }));
        for (var stop = 0; stop < 9; stop++)
        {
            File.Delete(State);
            Stop(options, stop);
            if (File.Exists(State))
                Assert.False(TopActivationsResult.Load(State).IsComplete);
            else
                Assert.InRange(stop, 0, batchTokens == 1 ? 1 : 4);
            Stop(options, Math.Min(8, stop + 2));
            Assert.Equal(whole, Saved(TopActivations.Run(_model, _sae, TokenRows.Of(Rows()), options)));
        }
    }

    [Fact]
    public void State_OfAnotherPassOrText_IsRefused()
    {
        var options = new TopActivationsOptions { Examples = 2, BatchTokens = 1, StateFile = State, Resume = true };
        Stop(options, 4);
        string Fault(TopActivationsOptions o, TokenRows rows) => Assert.Throws<AnalysisException>(() => TopActivations.Run(_model, _sae, rows, o)).Message;
        Assert.Contains("another pass", Fault(options with { Examples = 3 }, Rows()), StringComparison.Ordinal);
        Assert.Contains("another pass", Fault(options with { Features = [1] }, Rows()), StringComparison.Ordinal);
        Assert.Contains("another pass", Fault(options, TokenRows.Of(Rows(), "others")), StringComparison.Ordinal);
        Assert.Contains("not the ones of", Fault(options, Rows(2)), StringComparison.Ordinal);
        Assert.Contains("not the ones of", Fault(options, (int[][])[.. Rows().Select(r => (int[])[.. r.Select(t => (t + 1) % 60)])]), StringComparison.Ordinal);
        Assert.Contains("no StateFile", Fault(new() { Resume = true }, Rows()), StringComparison.Ordinal);
        // Not asked to go on, it begins anew.
        Assert.True(TopActivations.Run(_model, _sae, Rows(), options with { Resume = false, Examples = 3 }).IsComplete);
    }

    [Theory]
    [InlineData("result.rows", "0")]
    [InlineData("result.rows", "-1")]
    [InlineData("result.features", "[]")]
    [InlineData("result.features.0.binWidth", "0.3")]
    [InlineData("result.features.0.fired", "-1")]
    [InlineData("result.features.0.examples.0.tokens.0", "60000")]
    [InlineData("result", "null")]
    [InlineData("result", "{}")]
    [InlineData("rowsHash", "\"x\"")]
    [InlineData("rowsHash", "null")]
    [InlineData("subject", "null")]
    public void State_Damaged_IsOneTypedError(string where, string value)
    {
        var options = new TopActivationsOptions { Examples = 2, BatchTokens = 1, StateFile = State, Resume = true };
        Stop(options, 6);
        var json = JsonNode.Parse(File.ReadAllText(State))!;
        // The feature that fires most stands first, so that there is something to spoil; its number is not looked at by what is tested.
        var steps = where.Replace("features.0", $"features.{Busiest(json)}", StringComparison.Ordinal).Split('.');
        var at = steps[..^1].Aggregate(json, (node, step) => int.TryParse(step, out var i) ? node[i]! : node[step]!);
        if (int.TryParse(steps[^1], out var last))
            at[last] = JsonNode.Parse(value);
        else
            at[steps[^1]] = JsonNode.Parse(value);
        File.WriteAllText(State, json.ToJsonString());
        Assert.StartsWith(State, Assert.Throws<AnalysisException>(() => TopActivations.Run(_model, _sae, Rows(), options)).Message, StringComparison.Ordinal);
    }

    private static int Busiest(JsonNode state)
    {
        var fired = state["result"]!["features"]!.AsArray().Select(f => f!["fired"]!.GetValue<int>()).ToArray();
        Assert.True(fired.Max() > 1);
        return Array.IndexOf(fired, fired.Max());
    }
}
