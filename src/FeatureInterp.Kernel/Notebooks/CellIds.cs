using System.Security.Cryptography;
using System.Text;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Gives each cell of a notebook its nbformat 4.5 id (1–64 of <c>[a-zA-Z0-9-_]</c>, unique): its own, or one made from its language
/// and text, so that inserting a cell leaves the ids of all others as they were.
/// </summary>
internal sealed class CellIds
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>The id of the next cell, in notebook order.</summary>
    public string Next(Cell cell)
    {
        var id = cell.Id is { } own && IsValid(own) ? own : FromText(cell);
        var unique = id;
        for (var copy = 2; !_used.Add(unique); copy++)
            unique = $"{(id.Length > 56 ? id[..56] : id)}-{copy}";
        return unique;
    }

    private static string FromText(Cell cell) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{cell.Kernel}\n{cell.Source}")))[..8];

    private static bool IsValid(string id) =>
        id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
