using System.Collections;
using System.Runtime.CompilerServices;

namespace FeatureInterp.Models;

/// <summary>
/// Which hooks a run should keep: names with <c>*</c> for any run of characters and <c>?</c> for one, as in
/// <c>blocks.*.hook_resid_post</c>. A text converts by itself, and so does a list: <c>["hook_embed", "blocks.0.*"]</c>. Hooks that cost extra work (<c>attn.hook_result</c>,
/// <c>hook_mlp_in</c>) are selected only when the last part of the name is written in full.
/// </summary>
[CollectionBuilder(typeof(HookSelection), nameof(Create))]
public sealed class HookSelection : IEnumerable<string>
{
    /// <summary>Selects what any of the patterns matches.</summary>
    /// <param name="patterns">Names or patterns.</param>
    public HookSelection(params IEnumerable<string> patterns) => Patterns = [.. patterns];

    /// <summary>No hook at all.</summary>
    public static HookSelection None { get; } = new();

    /// <summary>Every hook, those that cost extra excepted.</summary>
    public static HookSelection All { get; } = new("*");

    /// <summary>The names or patterns.</summary>
    public IReadOnlyList<string> Patterns { get; }

    /// <summary>What a list of names or patterns makes.</summary>
    /// <param name="patterns">Names or patterns.</param>
    public static HookSelection Create(ReadOnlySpan<string> patterns) => new(patterns.ToArray());

    /// <summary>One name or pattern.</summary>
    /// <param name="pattern">The name or pattern.</param>
    public static implicit operator HookSelection(string pattern) => new(pattern);

    /// <summary>Several names or patterns.</summary>
    /// <param name="patterns">The names or patterns.</param>
    public static implicit operator HookSelection(string[] patterns) => new(patterns);

    /// <summary>Several hooks.</summary>
    /// <param name="points">The hooks.</param>
    public static implicit operator HookSelection(HookPoint[] points) => new(points.Select(p => p.ToString()));

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => Patterns.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The hooks of a model that the patterns match.</summary>
    /// <param name="available">Every hook of the run, SAEs included.</param>
    /// <param name="model">The model's name, for the message.</param>
    /// <exception cref="HookException">A pattern matches nothing; the message names the nearest hook.</exception>
    internal HashSet<HookPoint> Resolve(IReadOnlyList<HookPoint> available, string model)
    {
        var chosen = new HashSet<HookPoint>();
        foreach (var pattern in Patterns)
        {
            var matched = available.Where(p => Matches(pattern, p)).ToArray();
            if (matched.Length == 0)
                throw HookFaults.NotThere(pattern, available, model);
            chosen.UnionWith(matched);
        }

        return chosen;
    }

    internal static bool Matches(string pattern, HookPoint point)
    {
        if (point.Site.IsOptIn() && point.Sae == SaeSite.None && pattern[(pattern.LastIndexOf('.') + 1)..].AsSpan().ContainsAny('*', '?'))
            return false;
        return Matches(pattern, point.ToString());
    }

    // The usual two-pointer walk: on a mismatch, let the last star swallow one more character.
    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && (pattern[p] == name[n] || pattern[p] == '?'))
            {
                p++;
                n++;
            }
            else if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = n;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
