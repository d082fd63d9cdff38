namespace FeatureInterp.Saes;

/// <summary>One SAE of a release.</summary>
public sealed record SaeEntry
{
    /// <summary>The release it belongs to.</summary>
    public required SaeRelease Release { get; init; }

    /// <summary>Its name in the release, such as <c>layer_20/width_16k/canonical</c>. In lists, <c>*</c> stands for any whole number.</summary>
    public required string Id { get; init; }

    /// <summary>Its folder or file below the repository's root.</summary>
    public required string Path { get; init; }

    /// <summary>The hook it reads, where that is known without its files, such as <c>blocks.20.hook_resid_post</c>.</summary>
    public string? Hook { get; init; }

    /// <summary>The number of features, where that is known without its files.</summary>
    public int? Width { get; init; }

    /// <summary>Features that fire on a token on average, where published.</summary>
    public double? L0 { get; init; }

    /// <summary>The explained variance, where published.</summary>
    public double? VarianceExplained { get; init; }

    /// <summary>Its name on Neuronpedia, such as <c>gpt2-small/7-res-jb</c>.</summary>
    public string? NeuronpediaId { get; init; }

    /// <summary>The factor to fold into its weights; null for none.</summary>
    public double? NormScalingFactor { get; init; }

    /// <summary>Whether the factor to fold is the one its files give.</summary>
    public bool FoldsFactorOfFiles { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Release.Name + "/" + Id;
}

/// <summary>SAEs that were published together: of one model, in one repository, in one layout.</summary>
public sealed record SaeRelease
{
    /// <summary>Its name, such as <c>gemma-scope-2b-pt-res-canonical</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The model they were trained on.</summary>
    public string? Model { get; init; }

    /// <summary>The repository on the hub; null when they come with the project.</summary>
    public string? Repository { get; init; }

    /// <summary>SAELens's name for the layout's loader, such as <c>gemma_2</c>.</summary>
    public string Layout { get; init; } = "sae_lens";

    /// <summary>Pages about it, by kind: <c>model</c>, <c>dashboards</c>, <c>publication</c>.</summary>
    public IReadOnlyDictionary<string, string> Links { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Fields of the configuration that have another value than the files give them; see <see cref="SaeLoadOptions.Overrides"/>.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The file the release is described in.</summary>
    public required string Source { get; init; }

    /// <summary>How its SAEs are called.</summary>
    internal IReadOnlyList<SaeEntryPattern> Patterns { get; init; } = [];

    /// <summary>Its SAEs, in the order of the file.</summary>
    public IEnumerable<SaeEntry> Saes => Patterns.SelectMany(p => p.All(this));

    /// <summary>The SAE of this name; null when there is none.</summary>
    /// <param name="id">Its name in the release.</param>
    public SaeEntry? Find(string id) => Patterns.Select(p => p.Find(this, id)).FirstOrDefault(e => e is not null);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
