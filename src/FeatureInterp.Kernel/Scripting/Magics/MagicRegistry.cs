using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>The kernel lines that are offered.</summary>
internal static class MagicRegistry
{
    /// <summary>All of them, in order of name.</summary>
    public static IReadOnlyList<IMagic> All { get; } =
    [
        new AboutMagic(), new ImportMagic(), new LsMagic(), new ResetMagic(), new SetMagic(), new ShareMagic(), new TimeMagic(),
        new ValueMagic(), new WhoMagic(), new WhosMagic(),
    ];

    /// <summary>What a kernel line can begin with, the marks of blocks included.</summary>
    public static IEnumerable<string> Lines { get; } = [.. All.Select(m => "#!" + m.Name), "#!csharp", "#!html", "#!javascript", "#!markdown", "#!mermaid"];

    /// <summary>The one of this name, or null.</summary>
    public static IMagic? Find(string name) => All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.Ordinal));

    /// <summary>One sentence that says why a line is not offered, and what is.</summary>
    /// <param name="name">Its name, without <c>#!</c>.</param>
    public static string Explain(string name) => name switch
    {
        "connect" => "#!connect is not supported: this kernel runs C# alone and connects to no other; use a client library through #r \"nuget: …\" instead.",
        _ when KnownKernels.Aliases.TryGetValue(name, out var kernel) =>
            $"#!{name} is not supported: this kernel runs C# and shows HTML, JavaScript, Markdown and Mermaid; {kernel} cells are kept but not run.",
        _ => $"#!{name} is not supported: this kernel knows {string.Join(", ", All.Select(m => "#!" + m.Name))}, #r, #i, #!html, #!javascript, #!markdown, #!mermaid and C#.",
    };
}
