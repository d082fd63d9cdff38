using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The names in the cache that are like one that was not found.</summary>
internal static class HubCacheNames
{
    /// <summary>The nearest name among the models in the cache; null when there are none.</summary>
    public static string? Nearest(HubSettings settings, HubName name) =>
        NearestName.Of(name.Id, new HubCache(settings.CacheFolder).Names().Select(n => n.Id).Where(id => id != name.Id));
}
