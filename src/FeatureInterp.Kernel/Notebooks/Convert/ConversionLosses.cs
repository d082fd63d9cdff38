using System.Globalization;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>What a conversion could not keep, by kind, each with the number of cells it was in.</summary>
public sealed class ConversionLosses
{
    private readonly SortedDictionary<string, int> _kinds = new(StringComparer.Ordinal);

    /// <summary>One sentence for each kind, e.g. <c>A .dib has no place for outputs (7 cells).</c></summary>
    /// <param name="format">The format's extension.</param>
    public IEnumerable<string> Sentences(string format) =>
        _kinds.Select(k => string.Create(CultureInfo.InvariantCulture, $"A {format} has no place for {k.Key}{(k.Value == 0 ? "" : k.Value == 1 ? " (1 cell)" : $" ({k.Value} cells)")}; left out."));

    internal void Add(string kind) => _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;

    internal void AddWhole(string kind) => _kinds[kind] = 0;

    /// <summary>What no format but .ipynb keeps.</summary>
    internal void AddRunOf(Cell cell)
    {
        if (!cell.Outputs.IsEmpty)
            Add("outputs");
        if (cell.ExecutionCount is not null)
            Add("execution counts");
    }
}
