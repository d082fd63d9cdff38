using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The layouts that can be read.</summary>
internal static class SaeLayouts
{
    /// <summary>All of them, the most telling first.</summary>
    public static IReadOnlyList<ISaeLayout> All { get; } =
    [
        new SaeLensLayout(), new GemmaScopeTranscoderLayout(), new GemmaScopeLayout(), new GemmaScope2Layout(), new LlamaScopeLayout(), new LlamaScopeR1Layout(),
        new DictionaryLearningLayout(), new SparsifyLayout(), new TemporalLayout(), new MwhannaLayout(), new MntssLayout(), new QwenScopeLayout(), new ConnorRobLayout(),
        new GoodfireLayout(), new DeepSeekR1Layout(),
    ];

    /// <summary>The layout of this name.</summary>
    /// <param name="name">SAELens's name of the loader.</param>
    /// <exception cref="SaeException">There is none; the message lists them.</exception>
    public static ISaeLayout Named(string name) => All.FirstOrDefault(l => l.Name == name)
        ?? throw new SaeException($"There is no SAE layout '{name}'; did you mean '{NearestName.Of(name, All.Select(l => l.Name))}'? The layouts are {string.Join(", ", All.Select(l => l.Name))}.");

    /// <summary>Reads an SAE.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="options">What the caller knows better; <see cref="SaeLoadOptions.Layout"/> settles the layout.</param>
    /// <returns>What was read, and the folder or file it was found at.</returns>
    /// <exception cref="SaeException">There is no such layout, or the files look like none.</exception>
    /// <exception cref="ModelFileException">A file is not there or cannot be used.</exception>
    /// <exception cref="WeightFileException">A weight file is damaged or does not fit.</exception>
    public static (SaeFiles Files, string Path) Find(string path, SaeLoadOptions options)
    {
        var found = SaeFinder.Find(path, options.Layout is { } name ? Named(name) : null);
        return (Read(found.Layout, found.Path, options), found.Path);
    }

    /// <summary><see cref="Find"/> without the place.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="options">What the caller knows better.</param>
    public static SaeFiles Read(string path, SaeLoadOptions options) => Find(path, options).Files;

    private static SaeFiles Read(ISaeLayout layout, string path, SaeLoadOptions options)
    {
        var files = layout.Read(path, options);
        files = files with { Config = SaeOverrides.Apply(files.Config, options) };
        SaeChecks.CheckShapes(files);
        return SaeFolds.WithOptions(files, NormFactor.Resolve(files, options));
    }
}
