using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>A hook's name in an SAE's files.</summary>
internal static class SaeHook
{
    /// <summary>The hook a field names; null when the field is not there.</summary>
    /// <exception cref="SaeException">It names no hook of a model.</exception>
    public static HookPoint? Parse(ConfigFile file, string field) => file.Text(field) is { } name ? Parse(name, field) : null;

    /// <summary>The hook of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="field">Where it stands, for the message.</param>
    /// <exception cref="SaeException">It names no hook of a model.</exception>
    public static HookPoint Parse(string name, string field) => HookPoint.TryParse(name, out var point) && point.Sae == SaeSite.None
        ? point
        : throw new SaeException($"'{field}' is '{name}', which is no hook of a model.");
}
