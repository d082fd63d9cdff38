using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Finds the SAE a path means: the folder or file itself, the folder a file is in, or the only SAE below a folder.
/// </summary>
internal static class SaeFinder
{
    private const int MaxDepth = 6, MaxEntries = 20_000, MaxShown = 8;

    /// <summary>Finds layout and place.</summary>
    /// <param name="path">A folder, a file, or SAELens's name for something in a folder that is there (a layer's number, a file without its ending).</param>
    /// <param name="named">The layout, when the caller says it.</param>
    /// <exception cref="SaeException">Nothing there looks like an SAE, or several things do.</exception>
    /// <exception cref="ModelFileException">There is no such path.</exception>
    public static (ISaeLayout Layout, string Path) Find(string path, ISaeLayout? named)
    {
        foreach (var place in Places(path))
        {
            if (At(place, named) is { } layout)
                return (layout, place);
        }

        if (Directory.Exists(path))
            return Below(path, named);
        throw File.Exists(path) ? Unknown(path, named) : new ModelFileException(path, "there is no such folder or file; check the path.");
    }

    /// <summary>Whether a path means an SAE or something below it, so that it is no name of a release.</summary>
    public static bool Exists(string path) => path.Length > 0 && (Directory.Exists(path) || Places(path).Any(p => File.Exists(p) || At(p, null) is not null));

    // The file a path names without its ending; the folder of a file; for checkpoints/final.safetensors the one above.
    private static IEnumerable<string> Places(string path)
    {
        yield return path;
        if (Directory.Exists(path))
            yield break;
        if (!File.Exists(path))
        {
            yield return path + ".safetensors";
            yield break;
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        for (var up = 0; up < 2 && folder is not null; up++, folder = Path.GetDirectoryName(folder))
        {
            if (up == 0 || Path.GetFileName(path) == "final.safetensors")
                yield return folder;
        }
    }

    private static ISaeLayout? At(string place, ISaeLayout? named) =>
        named is not null ? (named.CouldBe(place) ? named : null) : SaeLayouts.All.FirstOrDefault(l => l.Recognizes(place));

    private static (ISaeLayout Layout, string Path) Below(string root, ISaeLayout? named)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, IgnoreInaccessible = true };
        var entries = Directory.EnumerateFileSystemEntries(root, "*", options).Take(MaxEntries).Order(StringComparer.Ordinal);
        var found = new List<(ISaeLayout Layout, string Path)>();
        foreach (var entry in entries)
        {
            if (At(entry, named) is { } layout)
                found.Add((layout, entry));
        }

        // Both files of a layer, or a folder's files beside the folder, are one SAE: the first named.
        found = [.. found.DistinctBy(f => f.Layout is MntssLayout ? Path.GetFileName(f.Path).Replace("W_dec_", "W_enc_", StringComparison.Ordinal) : f.Path, StringComparer.Ordinal)];
        return found switch
        {
            [var only] => only,
            [] => throw Unknown(root, named),
            _ => throw new SaeException($"{root}: there are {found.Count} SAEs below this folder; give the path of one, such as {string.Join(", ", found.Take(MaxShown).Select(f => Path.GetRelativePath(root, f.Path)))}{(found.Count > MaxShown ? ", …" : "")}."),
        };
    }

    // What the reader of a file has against it says more than that it looks like no layout.
    private static Exception Unknown(string path, ISaeLayout? named)
    {
        if (named is not null)
            return (File.Exists(path) && SingleFileSae.IsTorch(path) ? Caught(() => SaeArrays.Open(path)) : null) ?? new SaeException($"{path}: this does not look like '{named.Name}', {named.Title}; leave the layout out to have it recognised.");
        var half = new[] { "cfg.json", "sae_weights.safetensors" }.FirstOrDefault(f => File.Exists(Path.Combine(path, f)));
        if (half is not null)
            return Caught(() => new SaeLensLayout().Read(path, new SaeLoadOptions())) ?? Strange(path);
        var weights = File.Exists(path) ? path : Directory.EnumerateFiles(path).FirstOrDefault(f => SingleFileSae.IsTorch(f) || Path.GetExtension(f) is ".safetensors" or ".npz");
        return weights is null ? Strange(path) : Caught(() => SaeArrays.Open(weights)) ?? Strange(path, weights);
    }

    private static Exception? Caught(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (e is ModelFileException or WeightFileException or SaeException)
        {
            return e;
        }
    }

    private static SaeException Strange(string path, string? weights = null)
    {
        var has = weights is not null
            ? $"{Path.GetFileName(weights)} holds {string.Join(", ", SaeArrays.Open(weights).Names.Take(MaxShown))}"
            : $"there is {(Directory.EnumerateFileSystemEntries(path).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal).Take(MaxShown).ToArray() is { Length: > 0 } names ? string.Join(", ", names) : "nothing in it")}";
        return new SaeException($"{path}: this looks like no layout of an SAE that is known ({has}); the layouts are {string.Join(", ", SaeLayouts.All.Select(l => l.Name))}.");
    }
}
