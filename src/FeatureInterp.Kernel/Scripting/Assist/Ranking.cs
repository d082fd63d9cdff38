using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Which candidates fit what is written, and in which order they are offered.</summary>
internal static class Ranking
{
    private const int Most = 1000;

    /// <summary>
    /// Those that begin as <paramref name="prefix"/> does, in its case first; where none does, those with it as the initials of their
    /// words (<c>CWL</c> for <c>CheckWordLengths</c>). What the cell and its forerunners declare stands before types and namespaces.
    /// </summary>
    public static ImmutableArray<CompletionItem> Best(IEnumerable<CompletionItem> items, string prefix)
    {
        var all = items.DistinctBy(i => i.Text, StringComparer.Ordinal).ToList();
        var fitting = all.Where(i => Bare(i).StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).ToList();
        if (fitting.Count == 0)
            fitting = all.FindAll(i => Initials(i.Text).StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
        return
        [
            .. fitting.OrderByDescending(i => Bare(i).StartsWith(prefix, StringComparison.Ordinal)).ThenBy(i => Class(i.Kind)).ThenBy(i => i.Text, StringComparer.OrdinalIgnoreCase)
                .ThenBy(i => i.Text, StringComparer.Ordinal).Take(Most),
        ];
    }

    private static int Class(string kind) => kind switch
    {
        "param" => 0,
        "instance" or "property" or "function" or "event" => 1,
        "keyword" => 2,
        "module" => 4,
        _ => 3,
    };

    private static string Bare(CompletionItem item) => item.Text.TrimStart('@');

    private static string Initials(string name) => string.Concat(name.Where(char.IsUpper));
}
