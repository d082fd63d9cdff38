using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace FeatureInterp.Benchmarks;

/// <summary>llama.cpp through its Node binding, as a peer: a process a measurement.</summary>
internal sealed class LlamaCpp
{
    private const string EnvironmentVariable = "FEATUREINTERP_LLAMACPP";

    private readonly string _folder;

    private LlamaCpp(string folder) => _folder = folder;

    /// <summary>The peer in the folder that the environment variable names, or null.</summary>
    public static LlamaCpp? Find() =>
        Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } folder && File.Exists(Path.Combine(folder, "llamacpp.mjs")) ? new LlamaCpp(folder) : null;

    /// <summary>Milliseconds by the clock and of all its threads, for 512 tokens of a prompt, or for one token after another.</summary>
    public (double Clock, double Cpu) Milliseconds(string model, int threads, bool decode)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = _folder, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])["llamacpp.mjs", "times", model, threads.ToString(CultureInfo.InvariantCulture), decode ? "24" : "512", decode ? "64" : "1", decode ? "3" : "1"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("node cannot be started.");
        var last = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        process.WaitForExit();
        var result = JsonDocument.Parse(last).RootElement;
        return decode
            ? (result.GetProperty("decode_ms_per_token").GetDouble(), result.GetProperty("decode_cpu_ms_per_token").GetDouble())
            : (result.GetProperty("prefill_ms").GetDouble(), result.GetProperty("prefill_cpu_ms").GetDouble());
    }
}
