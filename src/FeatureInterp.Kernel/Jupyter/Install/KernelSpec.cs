using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A kernelspec: the folder by which a front end knows this kernel, its name and how it is started.</summary>
internal static class KernelSpec
{
    /// <summary>The name under which C# notebooks have always asked for their kernel.</summary>
    public const string DefaultName = ".net-csharp";

    private const string File = "kernel.json";
    private const string Mark = "featureinterp";
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions Indented = new(NotebookJson.Compact) { WriteIndented = true, IndentSize = 1, NewLine = "\n" };
    private static readonly (string Name, Func<byte[]> Draw)[] Logos = [("logo-svg.svg", KernelLogo.Svg), ("logo-64x64.png", () => KernelLogo.Png(64)), ("logo-32x32.png", () => KernelLogo.Png(32))];

    /// <summary>Writes the folder's files; the one that makes it a kernel comes last and at once.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="start">The command line that starts the program, without its arguments.</param>
    /// <param name="force">Whether another program's kernel of the same name is replaced.</param>
    /// <exception cref="KernelSpecException">It is another program's, or cannot be written.</exception>
    public static void Install(string folder, IReadOnlyList<string> start, bool force)
    {
        if (!force && Exists(folder) && !IsOurs(folder))
            throw new KernelSpecException($"{folder} is another program's kernel; give --force to replace it, or another name with --name.");
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var (name, draw) in Logos)
                Replace(Path.Combine(folder, name), draw());
            Replace(Path.Combine(folder, File), System.Text.Encoding.UTF8.GetBytes(Json(start).ToJsonString(Indented) + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KernelSpecException($"{folder} could not be written ({e.Message.TrimEnd('.')}); give another place with --prefix.", e);
        }
    }

    /// <summary>Removes the files that <see cref="Install"/> wrote, and the folder if nothing else is in it.</summary>
    /// <exception cref="KernelSpecException">There is none, it is another program's, or it cannot be removed.</exception>
    public static void Uninstall(string folder)
    {
        if (!Exists(folder))
            throw new KernelSpecException($"There is no kernel in {folder}; 'jupyter kernelspec list' says where there are some.");
        if (!IsOurs(folder))
            throw new KernelSpecException($"{folder} is another program's kernel and stays; 'jupyter kernelspec remove {Path.GetFileName(folder)}' takes any.");
        try
        {
            System.IO.File.Delete(Path.Combine(folder, File));
            foreach (var (name, _) in Logos)
                System.IO.File.Delete(Path.Combine(folder, name));
            if (!Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KernelSpecException($"{folder} could not be removed ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>
    /// How this process was started, so that a front end can do the same: the program itself (an executable or a tool's shim), or
    /// <c>dotnet</c> with the assembly.
    /// </summary>
    public static IReadOnlyList<string> ThisProgram()
    {
        var process = Environment.ProcessPath ?? "dotnet";
        return string.Equals(Path.GetFileNameWithoutExtension(process), "dotnet", StringComparison.OrdinalIgnoreCase)
            ? [process, Path.Combine(AppContext.BaseDirectory, "featureinterp.dll")]
            : [process];
    }

    private static JsonObject Json(IReadOnlyList<string> start)
    {
        var spec = new JsonObject
        {
            ["argv"] = new JsonArray([.. start.Append("kernel").Append("{connection_file}").Select(a => (JsonNode)a)]),
            ["display_name"] = ".NET (C#)",
            ["language"] = KernelInfoHandler.Language,
            ["interrupt_mode"] = "message",
            ["metadata"] = new JsonObject { [Mark] = new JsonObject { ["version"] = KernelInfoHandler.Version } },
        };
        // A runtime that is not where programs look for it was found through this variable; the front end may not have it.
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
            spec["env"] = new JsonObject { ["DOTNET_ROOT"] = root };
        return spec;
    }

    private static bool Exists(string folder) => System.IO.File.Exists(Path.Combine(folder, File));

    private static bool IsOurs(string folder)
    {
        var path = Path.Combine(folder, File);
        try
        {
            return new FileInfo(path).Length <= MaxBytes && JsonNode.Parse(System.IO.File.ReadAllText(path)) is JsonObject spec && spec["metadata"] is JsonObject metadata && metadata.ContainsKey(Mark);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            return false;
        }
    }

    private static void Replace(string path, byte[] content)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            System.IO.File.WriteAllBytes(temporary, content);
            System.IO.File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            System.IO.File.Delete(temporary);
            throw;
        }
    }
}
