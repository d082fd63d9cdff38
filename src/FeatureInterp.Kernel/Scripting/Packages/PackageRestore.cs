using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>Restores packages with the SDK's own NuGet, in a process of its own that can be stopped.</summary>
internal static partial class PackageRestore
{
    // A build server around this process (dotnet test, dotnet run) must not choose the SDK of the restore.
    private static readonly string[] NotInherited = ["MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH", "MSBuildLoadMicrosoftTargetsReadOnly", "DOTNET_CLI_TELEMETRY_SESSIONID"];

    /// <summary>Restores.</summary>
    /// <exception cref="PackageException">It failed; the message is NuGet's own, with the feeds asked and without credentials.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static async Task<PackageSet> RunAsync(PackageProject project, CancellationToken token)
    {
        var folder = Path.Combine(PackageCache.Folder, "restore-" + Path.GetRandomFileName());
        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, "packages.csproj");
            await File.WriteAllTextAsync(path, project.ToXml(), token).ConfigureAwait(false);
            var (code, output) = await DotnetAsync(folder, path, token).ConfigureAwait(false);
            var assets = Path.Combine(folder, "obj", "project.assets.json");
            var json = File.Exists(assets) ? await File.ReadAllTextAsync(assets, token).ConfigureAwait(false) : null;
            return code == 0 && json is not null ? AssetsFile.Read(json, PackageProject.Target) : throw new PackageException(Explain(project, json, output));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PackageException($"The restore of {string.Join(", ", project.Requests)} could not write to {folder} ({e.Message.TrimEnd('.')}); set FEATUREINTERP_CACHE to a folder it may use.");
        }
        finally
        {
            Delete(folder);
        }
    }

    private static async Task<(int Code, string Output)> DotnetAsync(string folder, string project, CancellationToken token)
    {
        var start = new ProcessStartInfo(Host(), ["msbuild", project, "-t:Restore", "-nologo", "-v:quiet", "-nodeReuse:false", "-clp:NoSummary"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var name in NotInherited)
            start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Start(start);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output.ConfigureAwait(false) + await errors.ConfigureAwait(false));
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new PackageException("The command 'dotnet' did not start.");
        }
        catch (Win32Exception e)
        {
            throw new PackageException($"#r \"nuget: …\" needs the .NET SDK, and the command 'dotnet' could not be started ({e.Message.TrimEnd('.')}); install the SDK or reference the file itself with #r \"path.dll\".");
        }
    }

    private static string Host()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"),
            string.Equals(Path.GetFileName(Environment.ProcessPath), name, StringComparison.OrdinalIgnoreCase) ? Environment.ProcessPath : null,
            Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? Path.Combine(root, name) : null,
        ];
        return candidates.FirstOrDefault(c => c is not null && File.Exists(c)) ?? name;
    }

    private static string Explain(PackageProject project, string? assets, string output)
    {
        var (code, message, feeds) = (assets is null ? null : AssetsFile.Error(assets))
            ?? (ErrorLine().Match(output) is { Success: true } line
                ? (line.Groups["code"].Value, AssetsFile.OneLine(line.Groups["message"].Value), ImmutableArray<string>.Empty)
                : ("", output.Trim().Length == 0 ? "the restore said nothing" : AssetsFile.OneLine(output.Trim().Split('\n')[0]), []));
        var asked = feeds.IsEmpty ? project.Feeds : feeds;
        var where = asked.IsEmpty ? "the feeds of NuGet's configuration" : string.Join(", ", asked);
        return PackageFeed.WithoutSecrets(
            $"{string.Join(", ", project.Requests)} could not be restored: {message}{(code.Length == 0 ? "" : $" ({code})")}; asked: {where}.");
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A leftover in a cache harms nobody.
        }
    }

    [GeneratedRegex(@"\berror (?<code>[A-Z]+[0-9]+): (?<message>.*?)(\s*\[[^\[\]]*\])?\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex ErrorLine();
}
