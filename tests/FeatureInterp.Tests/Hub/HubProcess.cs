using System.Diagnostics;

namespace FeatureInterp.Tests.Hub;

/// <summary>Runs <c>featureinterp</c> in a process of its own, against the hub under test.</summary>
internal static class HubProcess
{
    public static Process Start(HubWorkspace work, params string[] arguments) => Start(work, null, arguments);

    public static Process Start(HubWorkspace work, string? token, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "featureinterp.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("HF_", StringComparison.Ordinal) || k.StartsWith("HUGGING", StringComparison.Ordinal) || k is "TRANSFORMERS_OFFLINE").ToList())
            start.Environment.Remove(variable);
        start.Environment["HF_ENDPOINT"] = work.Hub.Endpoint.AbsoluteUri;
        start.Environment["HF_HUB_CACHE"] = work.Cache;
        start.Environment["HF_HOME"] = work.PathOf("home");
        start.Environment["FEATUREINTERP_DEBUG"] = "1";
        if (token is not null)
            start.Environment["HF_TOKEN"] = token;
        return Process.Start(start)!;
    }

    public static Task<(int Code, string Output, string Error)> RunAsync(HubWorkspace work, params string[] arguments) => RunAsync(work, null, arguments);

    public static async Task<(int Code, string Output, string Error)> RunAsync(HubWorkspace work, string? token, string[] arguments)
    {
        using var process = Start(work, token, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return (process.ExitCode, await output, await error);
    }
}
