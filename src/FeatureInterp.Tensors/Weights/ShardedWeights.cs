namespace FeatureInterp.Tensors;

/// <summary>
/// A checkpoint in several files, put together by their index. Index and shards must say the same: every array the index names is
/// in the shard it names, and no shard holds an array besides.
/// </summary>
internal static class ShardedWeights
{
    /// <summary>Opens an index and every shard it names, once each.</summary>
    /// <param name="indexPath">The <c>*.index.json</c>; the shards lie beside it.</param>
    /// <param name="openShard">Opens one shard and gives its arrays.</param>
    public static WeightSource Open(string indexPath, Func<string, IReadOnlyDictionary<string, Weight>> openShard)
    {
        var index = ShardIndex.Read(indexPath);
        var folder = Path.GetDirectoryName(indexPath) ?? "";
        var source = new FileWeights(indexPath);
        foreach (var shard in index.Shards)
        {
            var path = Path.Combine(folder, shard);
            if (!File.Exists(path))
                throw Missing(index, indexPath, shard);
            source.AddFile(path);
            foreach (var (name, weight) in openShard(path))
            {
                if (index.ShardOf.GetValueOrDefault(name) is var wanted && wanted != shard)
                {
                    throw new WeightFileException(indexPath, wanted is null
                        ? $"the shard '{shard}' holds '{name}', which the index does not name; index and shard do not belong together, fetch both again."
                        : $"the shard '{shard}' holds '{name}', which the index looks for in '{wanted}'; index and shards do not belong together, fetch them again.");
                }

                source.Add(name, weight, path);
            }
        }

        foreach (var (name, shard) in index.ShardOf)
        {
            if (source.TryFind(name) is null)
                throw new WeightFileException(indexPath, $"the index looks for '{name}' in the shard '{shard}', which has no such array; index and shard do not belong together, fetch both again.");
        }

        return source;
    }

    private static WeightFileException Missing(ShardIndex index, string indexPath, string shard)
    {
        var there = index.ShardOf.Where(pair => pair.Value == shard).Select(pair => pair.Key).ToList();
        return new WeightFileException(indexPath, $"the shard '{shard}' is not beside the index, and '{there[0]}' should be in it (with {there.Count - 1} other arrays); fetch the missing file.");
    }
}
