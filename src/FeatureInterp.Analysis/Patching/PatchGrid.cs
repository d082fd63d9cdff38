using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>One piece of a layer's value.</summary>
/// <param name="Head">The head, or null for all.</param>
/// <param name="Position">The position, or null for all.</param>
internal readonly record struct Patch(int? Head, int? Position)
{
    /// <summary>Copies the piece from one prompt's value, [pos, …] or [head, query, key], into another's.</summary>
    public void Copy(Tensor from, Tensor to, bool isPattern)
    {
        if (isPattern)
        {
            if (Position is { } query)
                from[Head!.Value].Row(query).CopyTo(to[Head.Value].Row(query));
            else
                from.Row(Head!.Value).CopyTo(to.Row(Head.Value));
            return;
        }

        for (var row = Position ?? 0; row < (Position + 1 ?? from.Shape[0]); row++)
        {
            if (Head is { } head)
                from[row].Row(head).CopyTo(to[row].Row(head));
            else
                from.Row(row).CopyTo(to.Row(row));
        }
    }

    /// <summary>The sum of the piece's values.</summary>
    public double Sum(Tensor values, bool isPattern)
    {
        if (isPattern)
            return Position is { } query ? Sum(values[Head!.Value].Row(query)) : Sum(values.Row(Head!.Value));
        double sum = 0;
        for (var row = Position ?? 0; row < (Position + 1 ?? values.Shape[0]); row++)
            sum += Head is { } head ? Sum(values[row].Row(head)) : Sum(values.Row(row));
        return sum;
    }

    private static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var v in values)
            sum += v;
        return sum;
    }
}

/// <summary>Which patches there are, the same in every layer.</summary>
internal sealed record PatchGrid(IReadOnlyList<int> Layers, IReadOnlyList<int> Heads, IReadOnlyList<int> Positions)
{
    /// <summary>The patches of a layer, positions running fastest.</summary>
    public IReadOnlyList<Patch> Patches { get; } =
    [
        .. (Heads.Count > 0 ? Heads.Select(h => (int?)h) : [null]).SelectMany(h =>
            (Positions.Count > 0 ? Positions.Select(p => (int?)p) : [null]).Select(p => new Patch(h, p))),
    ];

    /// <summary>[layer, head, pos] without what is not told apart.</summary>
    public int[] Shape => [Layers.Count, .. Heads.Count > 0 ? [Heads.Count] : (int[])[], .. Positions.Count > 0 ? [Positions.Count] : (int[])[]];

    public static PatchGrid Of(Transformer model, HookSite site, PatchAxes axes, ActivationPatchingOptions options, int length) => new(
        options.Layers is { } layers ? [.. layers.Distinct().Order()] : [.. Enumerable.Range(0, model.Config.Layers)],
        axes == PatchAxes.LayerPosition ? [] : [.. Enumerable.Range(0, PatchSites.HeadsAt(site, model.Config))],
        axes == PatchAxes.LayerHead ? [] : options.Positions.Of(length));

    /// <summary>The row of a layer in the grid, or null when it is not patched.</summary>
    public int? RowOf(int layer)
    {
        for (var i = 0; i < Layers.Count; i++)
        {
            if (Layers[i] == layer)
                return i;
        }

        return null;
    }
}
