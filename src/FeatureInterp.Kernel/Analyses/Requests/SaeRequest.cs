using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>The SAE of a request: a folder or file, a name under data/saes, RELEASE/ID, or a mapping with what its files do not say.</summary>
internal sealed record SaeRequest(string Name, SaeLoadOptions Options)
{
    /// <summary>Reads it.</summary>
    public static SaeRequest Of(RequestValue value) => !value.IsMap ? new(value.Text(), new()) : value.Map(map => new SaeRequest(map.Need("name", v => v.Text()), new SaeLoadOptions
    {
        Layout = map.Or<string?>("layout", v => v.Text(), null),
        NormScalingFactor = map.Or<double?>("norm_scaling_factor", v => v.Number(), null),
        FoldsFactorOfFiles = map.Or("folds_factor_of_files", v => v.Flag(), false),
        Repository = map.Or<string?>("repository", v => v.Text(), null),
        Hook = map.Or<HookPoint?>("hook", v => HookPoint.Parse(v.Text()), null),
        Overrides = map.Or("overrides", v => v.Map(m => m.All().ToDictionary(e => e.Key, e => e.Value.Text(), StringComparer.Ordinal)), []),
        Registries = map.Or("registries", v => v.Each(r => r.Text()), []),
        Roots = map.Or("roots", v => v.Each(r => r.Text()), []),
        Download = map.Or("download", v => v.Flag(), false) ? Download.Allowed : Download.Never,
    }));

    /// <summary>Loads it and fits it to a model.</summary>
    public SparseAutoencoder Load(Transformer model) => SparseAutoencoder.Load(Name, Options).For(model);
}
