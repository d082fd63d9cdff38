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

    /// <summary>Its speed on a GGUF file: 512 tokens of a prompt, or 64 tokens one by one.</summary>
    public double TokensPerSecond(string model, int threads, bool decode)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = _folder, RedirectStandardOutput = true };
        foreach (var argument in (string[])["llamacpp.mjs", "times", model, threads.ToString(CultureInfo.InvariantCulture), decode ? "24" : "512", decode ? "64" : "1", "3"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("node cannot be started.");
        var last = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        process.WaitForExit();
        return JsonDocument.Parse(last).RootElement.GetProperty(decode ? "decode_tokens_per_s" : "prefill_tokens_per_s").GetDouble();
    }
}
