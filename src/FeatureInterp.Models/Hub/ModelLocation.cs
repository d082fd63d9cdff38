namespace FeatureInterp.Models;

/// <summary>Where a model was found.</summary>
public enum ModelSource
{
    /// <summary>At the path that was given.</summary>
    Path,

    /// <summary>Under the project's <c>data/models</c>.</summary>
    Data,

    /// <summary>In the Hugging Face cache.</summary>
    Cache,

    /// <summary>On the hub, from where it was just fetched into the cache.</summary>
    Hub,
}

/// <summary>A model on this machine.</summary>
/// <param name="Name">What it is called: the folder's or file's name, or the repository's without its organisation.</param>
/// <param name="Path">Its folder in Hugging Face's layout, or its <c>.gguf</c> file.</param>
/// <param name="IsGguf">Whether <paramref name="Path"/> is a <c>.gguf</c> file.</param>
/// <param name="Source">Where it was found.</param>
/// <param name="Commit">The commit in the Hugging Face cache; null elsewhere.</param>
public sealed record ModelLocation(string Name, string Path, bool IsGguf, ModelSource Source, string? Commit = null);
