namespace FeatureInterp.Saes;

/// <summary>One way of laying an SAE out in files.</summary>
internal interface ISaeLayout
{
    /// <summary>SAELens's name of the loader, such as <c>gemma_2</c>.</summary>
    string Name { get; }

    /// <summary>What it is, for a reader: <c>Gemma Scope (params.npz)</c>.</summary>
    string Title { get; }

    /// <summary>Whether files look like it, judged by names and, where those do not suffice, by a look inside.</summary>
    /// <param name="path">A folder or a file.</param>
    bool Recognizes(string path);

    /// <summary>
    /// Whether files could be of this layout when the caller says they are: like <see cref="Recognizes"/>, but without what only
    /// tells it from another layout of the same form.
    /// </summary>
    /// <param name="path">A folder or a file.</param>
    bool CouldBe(string path) => Recognizes(path);

    /// <summary>Reads configuration and weights.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="options">What the caller knows better.</param>
    /// <exception cref="SaeException">The SAE is of a kind that cannot be computed, or its files contradict each other.</exception>
    SaeFiles Read(string path, SaeLoadOptions options);
}

/// <summary>What was read of an SAE.</summary>
/// <param name="Layout">The layout it was recognised as.</param>
/// <param name="Config">What it computes.</param>
/// <param name="Weights">Its arrays.</param>
/// <param name="Files">The files that hold its weights.</param>
internal sealed record SaeFiles(ISaeLayout Layout, SaeConfig Config, SaeWeights Weights, IReadOnlyList<string> Files);
