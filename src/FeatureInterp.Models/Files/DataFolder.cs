namespace FeatureInterp.Models;

/// <summary>
/// The folder <c>data/</c> that comes with the project: found from the environment variable FEATUREINTERP_DATA, else upwards from the
/// working directory, else upwards from the program.
/// </summary>
public static class DataFolder
{
    /// <summary>The file that marks the folder.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>The folder, or null when it is nowhere to be found.</summary>
    public static string? Find() =>
        Environment.GetEnvironmentVariable("FEATUREINTERP_DATA") is { Length: > 0 } chosen
            ? chosen
            : Upwards(Directory.GetCurrentDirectory()) ?? Upwards(AppContext.BaseDirectory);

    /// <summary>A path under <c>data/</c>.</summary>
    /// <param name="parts">Folders and file below it.</param>
    /// <exception cref="ModelFileException">There is no data folder.</exception>
    public static string PathOf(params IEnumerable<string> parts) => Find() is { } folder
        ? Path.Combine([folder, .. parts])
        : throw new ModelFileException("data", "the project's data folder was not found above the working directory; set FEATUREINTERP_DATA to it.");

    /// <summary>A folder given by path, or by name under <c>data/<paramref name="kind"/></c>.</summary>
    /// <param name="nameOrFolder">The path or the name.</param>
    /// <param name="kind"><c>models</c> or <c>saes</c>.</param>
    /// <exception cref="ModelFileException">Neither is there; the message lists what is.</exception>
    public static string Resolve(string nameOrFolder, string kind)
    {
        if (Directory.Exists(nameOrFolder))
            return Path.GetFullPath(nameOrFolder);
        if (File.Exists(nameOrFolder))
            throw new ModelFileException(nameOrFolder, "this is a file; give the folder it is in.");
        var home = Find() is { } data ? Path.Combine(data, kind) : null;
        var named = nameOrFolder.Length > 0 && nameOrFolder.IndexOfAny(['/', '\\']) < 0;
        if (named && home is not null && Directory.Exists(Path.Combine(home, nameOrFolder)))
            return Path.Combine(home, nameOrFolder);
        var known = home is not null && Directory.Exists(home) ? string.Join(", ", Directory.GetDirectories(home).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)) : "";
        throw new ModelFileException(nameOrFolder, $"there is no such folder{(known.Length > 0 ? $", and data/{kind} has only: {known}" : "")}; check the path.");
    }

    private static string? Upwards(string start)
    {
        for (var folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "data", Manifest)))
                return Path.Combine(folder, "data");
        }

        return null;
    }
}
