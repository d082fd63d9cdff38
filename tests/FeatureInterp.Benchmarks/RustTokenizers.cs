using System.Diagnostics;
using System.Text.Json;

namespace FeatureInterp.Benchmarks;

/// <summary>Hugging Face's Rust library in a process of its own: npm's <c>@anush008/tokenizers</c>, driven by <c>TokenizerRace.mjs</c>.</summary>
internal sealed class RustTokenizers : IDisposable
{
    private const string Package = "@anush008/tokenizers@0.6.0";
    private readonly DirectoryInfo _folder;
    private readonly Process _node;

    private RustTokenizers(DirectoryInfo folder, Process node)
    {
        _folder = folder;
        _node = node;
    }

    /// <summary>Installs and starts it, or says why that cannot be.</summary>
    public static RustTokenizers? Start(string script, out string missing)
    {
        var folder = Directory.CreateTempSubdirectory("tokenizer-race-");
        try
        {
            missing = "npm cannot install " + Package;
            File.WriteAllText(Path.Combine(folder.FullName, "package.json"), "{}");
            using var npm = Run("npm", folder, "install", "--no-audit", "--no-fund", Package);
            npm.StandardInput.Close();
            npm.StandardOutput.ReadToEnd();
            npm.WaitForExit();
            if (npm.ExitCode == 0)
                return new RustTokenizers(folder, Run("node", folder, script));
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            missing = "node or npm is not here: " + e.Message;
        }

        folder.Delete(recursive: true);
        return null;
    }

    public void Load(string file) => Ask(new { load = file });

    /// <summary>Encodes the texts one after the other; how long that took there, and how many tokens they are.</summary>
    public (double Seconds, long Tokens) Encode(string[] texts)
    {
        var answer = Ask(new { encode = texts });
        return (answer.GetProperty("seconds").GetDouble(), answer.GetProperty("tokens").GetInt64());
    }

    public void Dispose()
    {
        _node.StandardInput.Close();
        _node.WaitForExit();
        _node.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Process Run(string program, DirectoryInfo folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = folder.FullName };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private JsonElement Ask(object question)
    {
        _node.StandardInput.WriteLine(JsonSerializer.Serialize(question));
        _node.StandardInput.Flush();
        var line = _node.StandardOutput.ReadLine() ?? throw new InvalidOperationException("node ended before it answered");
        return JsonDocument.Parse(line).RootElement.Clone();
    }
}
