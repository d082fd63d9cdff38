using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// The releases of SAEs that can be loaded by name: the project's own table, <c>data/saes/registry.yaml</c>, and the user's, in the form of SAELens's
/// <c>pretrained_saes.yaml</c>. A later file's release takes the place of an earlier one's of the same name.
/// </summary>
public sealed class SaeRegistry
{
    /// <summary>The variable that names further files, separated as in PATH.</summary>
    public const string Variable = "FEATUREINTERP_SAES";

    private const int Shown = 5;

    private readonly Dictionary<string, SaeRelease> _releases = new(StringComparer.Ordinal);

    private SaeRegistry(IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            foreach (var release in SaeRegistryFile.Read(file))
                _releases[release.Name] = release;
        }
    }

    /// <summary>Every release, by name.</summary>
    public IEnumerable<SaeRelease> Releases => _releases.Values.OrderBy(r => r.Name, StringComparer.Ordinal);

    /// <summary>
    /// The registry of this process: the project's table, then <c>featureinterp/saes.yaml</c> below <c>XDG_CONFIG_HOME</c> or <c>~/.config</c>, then the files that
    /// <c>FEATUREINTERP_SAES</c> names, then those given.
    /// </summary>
    /// <param name="files">Further files.</param>
    /// <exception cref="ModelFileException">A file is not there (the project's and the one in the user's folder may be missing), or not of that form.</exception>
    public static SaeRegistry Load(params IEnumerable<string> files) => Load(Environment.GetEnvironmentVariable, files);

    /// <summary><see cref="Load(IEnumerable{string})"/> with given variables.</summary>
    internal static SaeRegistry Load(Func<string, string?> variable, IEnumerable<string> files)
    {
        string?[] optional = [DataFolder.Find() is { } data ? Path.Combine(data, "saes", "registry.yaml") : null, UserFile(variable)];
        var named = (variable(Variable) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new SaeRegistry([.. optional.OfType<string>().Where(File.Exists), .. named, .. files]);
    }

    /// <summary>The release of this name; null when there is none.</summary>
    /// <param name="name">The name.</param>
    public SaeRelease? TryFind(string name) => _releases.GetValueOrDefault(name);

    /// <summary>An SAE of a release.</summary>
    /// <param name="release">The release's name.</param>
    /// <param name="id">The SAE's name in it.</param>
    /// <exception cref="SaeException">There is no such release or SAE; the message lists the nearest.</exception>
    public SaeEntry Find(string release, string id)
    {
        if (TryFind(release) is not { } found)
            throw new SaeException($"There is no release '{Cut(release)}'; the nearest are {string.Join(", ", Nearest(release, _releases.Keys))}. 'featureinterp sae list' shows all; a file of SAELens's form adds more ({Variable}).");
        return found.Find(id)
            ?? throw new SaeException($"The release '{release}' has no SAE '{Cut(id)}'; the nearest are {string.Join(", ", Nearest(id, found.Saes.Select(s => s.Id)))}.");
    }

    /// <summary>An SAE whose release and name are written as one text: <c>gpt2-small-res-jb/blocks.7.hook_resid_pre</c>; the name may be left out where a release has one SAE.</summary>
    /// <param name="name">The text.</param>
    /// <returns>The SAE; null when the text does not begin with a release's name.</returns>
    /// <exception cref="SaeException">The release has no such SAE, or several and none was named.</exception>
    public SaeEntry? TryParse(string name)
    {
        if (TryFind(name) is { } whole)
            return whole.Saes.Take(2).ToArray() is [var only] ? only : throw new SaeException($"The release '{name}' has several SAEs; name one, as in {whole.Saes.First()}.");
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && TryFind(name[..slash]) is not null ? Find(name[..slash], name[(slash + 1)..]) : null;
    }

    /// <summary>The SAE that comes with the project under a name of <c>data/saes</c>; null when the table does not have it.</summary>
    internal SaeEntry? OfData(string folder) => _releases.Values.Where(r => r.Repository is null).SelectMany(r => r.Saes).FirstOrDefault(s => s.Path == folder);

    /// <summary>The candidates nearest to a name, nearest first.</summary>
    internal static IReadOnlyList<string> Nearest(string name, IEnumerable<string> candidates)
    {
        var left = candidates.Distinct(StringComparer.Ordinal).ToList();
        var nearest = new List<string>();
        while (nearest.Count < Shown && NearestName.Of(Cut(name), left) is { } next)
        {
            nearest.Add(next);
            left.Remove(next);
        }

        return nearest;
    }

    private static string? UserFile(Func<string, string?> variable)
    {
        var home = variable("XDG_CONFIG_HOME") is { Length: > 0 } chosen ? chosen : variable("HOME") is { Length: > 0 } user ? Path.Combine(user, ".config") : null;
        return home is null ? null : Path.Combine(home, "featureinterp", "saes.yaml");
    }

    private static string Cut(string name) => name.Length > 100 ? name[..100] + "…" : name;
}
