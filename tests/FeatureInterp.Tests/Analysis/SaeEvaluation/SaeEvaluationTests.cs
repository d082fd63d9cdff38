using System.CommandLine;
using System.Text.Json;
using System.Xml.Linq;
using FeatureInterp.Analysis;
using FeatureInterp.Kernel.Commands;
using FeatureInterp.Saes;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Evaluations of the embedded pair: against SAELens, as they are shown and written, and from the command line.</summary>
public sealed class SaeEvaluationTests : IDisposable
{
    private static readonly Lazy<SaeEvaluationResult> Small = new(() =>
        SaeEvaluation.Run(EmbeddedPair.Model, EmbeddedPair.Sae, EmbeddedPair.Golden.Tokens("corpus/tokens")[..2].Select(r => r[..48]).ToArray()));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_Corpus_EqualsSaeLens()
    {
        var rows = EmbeddedPair.Golden.Tokens("corpus/tokens");
        var metrics = SaeEvaluation.Run(EmbeddedPair.Model, EmbeddedPair.Sae, rows).Metrics;
        var golden = EmbeddedPair.Golden.Json.GetProperty("evaluation");
        Assert.Equal(golden.GetProperty("ce_model").GetDouble(), metrics.CeLossWithoutSae, 5e-5);
        Assert.Equal(golden.GetProperty("ce_spliced").GetDouble(), metrics.CeLossWithSae, 5e-5);
        Assert.Equal(golden.GetProperty("ce_zeroed").GetDouble(), metrics.CeLossWithAblation, 5e-5);
        Assert.Equal(golden.GetProperty("explained_variance").GetDouble(), metrics.ExplainedVariance, 5e-5);
        Assert.Equal(golden.GetProperty("mse").GetDouble(), metrics.Mse, 5e-5 * metrics.Mse);
        Assert.Single(metrics.Features.Dead);
    }

    [Fact]
    public void Run_Text_KeepsWhereItCameFrom()
    {
        var result = SaeEvaluation.Run(EmbeddedPair.Model, EmbeddedPair.Sae, "Once upon a time there was a king who had three sons.", new SaeEvaluationOptions { ContextLength = 6 });
        Assert.Equal(("text", "talegrid-6m", "talegrid-6m-res-l3"), (result.Text, result.Provenance.Model, result.Provenance.Sae));
        Assert.Equal(SaeVerdict.Fits, result.Provenance.Check!.Verdict);
        Assert.Equal("every prompt begins with it, once", result.Provenance.BosPolicy);
    }

    [Fact]
    public void DensityHistogram_CountsEveryFeatureThatFires()
    {
        var result = Small.Value;
        var json = JsonDocument.Parse(result.DensityHistogram.ToPlotlyJson()).RootElement;
        var heights = json.GetProperty("data")[0].GetProperty("y").EnumerateArray().Select(v => v.GetDouble());
        Assert.Equal(2048 - result.Metrics.Features.Dead.Count, heights.Sum());
        XDocument.Parse(result.DensityHistogram.ToSvg());
    }

    [Fact]
    public void ToDisplay_ShowsMetricsFeaturesAndFit()
    {
        var text = Small.Value.ToString();
        foreach (var part in new[] { "Evaluation of talegrid-6m-res-l3 in talegrid-6m", "cross-entropy", "explained variance", "dead", "dense", "fits", "% of the loss recovered", "2 rows, 96 tokens" })
            Assert.Contains(part, text, StringComparison.Ordinal);
        XDocument.Parse(Small.Value.ToDisplay().ToSvg());
    }

    [Fact]
    public void ToJson_HasSaeLensNamesAndTheSameNumbers()
    {
        var metrics = Small.Value.Metrics;
        var json = JsonDocument.Parse(Small.Value.ToJson()).RootElement;
        Assert.Equal(metrics.CeLossScore, json.GetProperty("metrics").GetProperty("model_performance_preservation").GetProperty("ce_loss_score").GetDouble());
        Assert.Equal(metrics.ExplainedVarianceLegacy, json.GetProperty("metrics").GetProperty("reconstruction_quality").GetProperty("explained_variance_legacy").GetDouble());
        Assert.Equal(metrics.L0, json.GetProperty("metrics").GetProperty("sparsity").GetProperty("l0").GetDouble());
        var features = json.GetProperty("feature_metrics");
        Assert.Equal(metrics.Features.Density, features.GetProperty("feature_density").EnumerateArray().Select(v => v.GetDouble()));
        var dead = metrics.Features.Dead[0];
        Assert.Equal(JsonValueKind.Null, features.GetProperty("consistent_activation_heuristic")[dead].ValueKind);
        Assert.Equal(2048, features.GetProperty("encoder_decoder_cosine_sim").GetArrayLength());
        Assert.Equal("fits", json.GetProperty("fit").GetProperty("verdict").GetString());
    }

    [Fact]
    public void Provenance_WrongPair_WarnsWithTheCause()
    {
        using var wrong = new WrongPair().Configured("blocks.3.", "blocks.2.");
        var result = ContrastPair.Run(EmbeddedPair.Model, wrong.Load(), "Once upon a time", "The end of the tale");
        Assert.Equal(SaeMisfit.WrongLayer, result.Provenance.Check!.Cause);
        var text = result.Provenance.ToTable().ToText(400);
        Assert.Contains("does not fit: wrong layer", text, StringComparison.Ordinal);
        Assert.Contains("blocks.3.hook_resid_post", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaeEval_TextFile_PrintsJsonAndWritesFiles()
    {
        var text = _folder.Write("tale.txt", string.Concat(Enumerable.Repeat("Once upon a time there was a king who had three sons.\n", 20)));
        var output = _folder.PathOf("out");
        var (code, printed) = await Invoke("--model", "talegrid-6m", "--sae", "talegrid-6m-res-l3", "--text", text, "--context", "16", "--rows", "5", "--batch", "2", "--exclude-special", "--out", output, "--json");
        Assert.Equal(0, code);
        var json = JsonDocument.Parse(printed).RootElement;
        Assert.Equal(80, json.GetProperty("metrics").GetProperty("token_stats").GetProperty("total_tokens_eval_reconstruction").GetInt32());
        Assert.Equal(75, json.GetProperty("metrics").GetProperty("token_stats").GetProperty("counted_tokens").GetInt32());
        Assert.Equal(["density.plotly.json", "density.svg", "evaluation.json"], Directory.GetFiles(output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(printed.Trim(), await File.ReadAllTextAsync(Path.Combine(output, "evaluation.json")));
    }

    [Fact]
    public async Task SaeEval_TokenFile_PrintsTables()
    {
        var tokens = _folder.Write("rows.json", "[[2,300,301,302],[2,400,401]]");
        var (code, printed) = await Invoke("--model", "talegrid-6m", "--sae", "talegrid-6m-res-l3", "--tokens", tokens);
        Assert.Equal(0, code);
        Assert.Contains("2 rows, 7 tokens of rows.json", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--text", "a", "--tokens", "b")]
    [InlineData("--text", "a", "--resume")]
    [InlineData]
    public void SaeEval_ArgumentsThatContradict_AreRefused(params string[] arguments) =>
        Assert.NotEmpty(SaeEvalCommand.Create().Parse([.. (string[])["--model", "m", "--sae", "s"], .. arguments]).Errors);

    private static async Task<(int Code, string Output)> Invoke(params string[] arguments)
    {
        using var output = new StringWriter();
        var code = await SaeEvalCommand.Create().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = TextWriter.Null, EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }
}
