using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The layouts that can be read.</summary>
internal static class SaeLayouts
{
    /// <summary>All of them, the most telling first.</summary>
    public static IReadOnlyList<ISaeLayout> All { get; } = [new SaeLensLayout()];

    /// <summary>Reads an SAE.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="options">What the caller knows better; <see cref="SaeLoadOptions.Layout"/> settles the layout.</param>
    /// <exception cref="SaeException">There is no such layout, or the files look like none.</exception>
    public static SaeFiles Read(string path, SaeLoadOptions options)
    {
        if (options.Layout is { } name)
        {
            var layout = All.FirstOrDefault(l => l.Name == name)
                ?? throw new SaeException($"There is no SAE layout '{name}'{(NearestName.Of(name, All.Select(l => l.Name)) is { } near ? $"; did you mean '{near}'" : "")}; the layouts are {string.Join(", ", All.Select(l => l.Name))}.");
            return layout.Read(path, options);
        }

        return (All.FirstOrDefault(l => l.Recognizes(path)) ?? All[0]).Read(path, options);
    }
}
