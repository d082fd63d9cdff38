using System.Text.Json;
using FeatureInterp.Kernel.Analyses;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary>Runs requests in a folder of their own, as <c>featureinterp analyze</c> does.</summary>
internal sealed class AnalysisWork : IDisposable
{
    public const string Pair = "model: talegrid-6m\nsae: talegrid-6m-res-l3\n";

    public TemporaryFolder Folder { get; } = new();

    public JsonElement Document => JsonDocument.Parse(File.ReadAllText(Folder.PathOf("result.json"))).RootElement;

    public JsonElement Result => Document.GetProperty("result");

    public static AnalysisKind Kind(string name) => AnalysisRegistry.All.Single(k => k.Name == name);

    public void Dispose() => Folder.Dispose();

    public AnalysisOutcome Run(string name, string request, TextWriter? said = null, CancellationToken cancellation = default)
    {
        var outcome = AnalysisRunner.Read(Kind(name), "r.yaml", RequestYaml.Parse("r.yaml", request))(new AnalysisRun(Folder.Path, said ?? TextWriter.Null, TimeSpan.Zero, cancellation));
        AnalysisRunner.Write(outcome, Folder.Path);
        return outcome;
    }

    /// <summary>What is said of a request that is wrong; nothing is written.</summary>
    public string Refused(string name, string request)
    {
        var message = Assert.Throws<RequestException>(() => Run(name, request)).Message;
        Assert.DoesNotContain('\n', message);
        Assert.False(File.Exists(Folder.PathOf("result.json")));
        return message;
    }
}

/// <summary>Cancels when so many lines were said.</summary>
internal sealed class CancelsAfter(int lines, CancellationTokenSource? source) : StringWriter
{
    private int _lines;

    public string Said => ToString();

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (++_lines == lines)
            source?.Cancel();
    }
}
