using System.Diagnostics.CodeAnalysis;

namespace FeatureInterp.Models;

/// <summary>
/// What names a model on the hub: <c>org/name</c> (or an old, bare <c>name</c>), optionally <c>@revision</c> (a branch, a tag or a commit), optionally
/// <c>:file</c> – the path of one file in the repository, or for GGUF files a tag that one of them has in its name: <c>org/name-GGUF:Q4_K_M</c>.
/// </summary>
public sealed record HubName
{
    /// <summary>The revision that stands for none.</summary>
    public const string Main = "main";

    private const int MaxPart = 96;

    private HubName(string id) => Id = id;

    /// <summary><c>org/name</c>, or a bare <c>name</c>: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, as the hub's rules ask.</summary>
    public string Id { get; }

    /// <summary>The branch, tag or commit; null stands for <c>main</c>.</summary>
    public string? Revision { get; private init; }

    /// <summary>The file asked for, or the tag of a GGUF file; null stands for the whole model.</summary>
    public string? File { get; private init; }

    /// <summary>The name without the organisation.</summary>
    public string ShortName => Id[(Id.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>The revision, <c>main</c> when none was given.</summary>
    internal string RevisionOrMain => Revision ?? Main;

    /// <summary>The folder of the repository in the cache: <c>models--org--name</c>.</summary>
    internal string CacheFolder => "models--" + Id.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>Reads a name.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="HubException">The text breaks the hub's rules.</exception>
    public static HubName Parse(string text) =>
        Read(text, out var fault) ?? throw new HubException(HubFault.InvalidName, $"'{Shown(text)}' is no name of a model on the hub: {fault}; it should look like org/name, org/name@revision or org/name:file.gguf.");

    /// <summary>Reads a name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name.</param>
    /// <returns>Whether the text keeps the hub's rules.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out HubName? name) => (name = Read(text, out _)) is not null;

    /// <summary>The same name at another revision.</summary>
    /// <param name="revision">The branch, tag or commit; null for <c>main</c>.</param>
    /// <exception cref="HubException">No revision can be called that.</exception>
    public HubName At(string? revision) => revision is null || RevisionFault(revision) is not { } fault
        ? this with { Revision = revision }
        : throw new HubException(HubFault.InvalidName, $"'{Shown(revision)}' is no revision of {Id}: {fault}; give a branch, a tag or a commit.");

    /// <inheritdoc/>
    public override string ToString() => Id + (Revision is null ? "" : "@" + Revision) + (File is null ? "" : ":" + File);

    /// <summary>Whether a revision is a commit: 40 hexadecimal digits.</summary>
    internal static bool IsCommit(string revision) => revision.Length == 40 && revision.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');

    /// <summary>The name that a folder of the cache stands for; null when it is no model's.</summary>
    internal static HubName? OfCacheFolder(string folder) =>
        folder.StartsWith("models--", StringComparison.Ordinal) && TryParse(folder["models--".Length..].Replace("--", "/", StringComparison.Ordinal), out var name) ? name : null;

    /// <summary>A hostile text, cut to a length a sentence can hold and without what would drive a terminal.</summary>
    internal static string Shown(string text)
    {
        var cut = text.Length > 100 ? text[..100] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }

    private static HubName? Read(string text, out string fault)
    {
        var (rest, file) = Cut(text, ':');
        var (id, revision) = Cut(rest, '@');
        var parts = id.Split('/');
        fault = parts.Length > 2 ? "there is more than one '/'"
            : parts.Select(PartFault).FirstOrDefault(f => f is not null)
            ?? (revision is null ? null : RevisionFault(revision))
            ?? (file is null ? null : HubPath.Fault(file))
            ?? "";
        return fault.Length == 0 ? new HubName(id) { Revision = revision, File = file } : null;
    }

    private static (string Before, string? After) Cut(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is var index and >= 0 ? (text[..index], text[(index + 1)..]) : (text, null);

    private static string? PartFault(string part)
    {
        if (part.Length is 0 or > MaxPart)
            return $"a part has {part.Length} characters, where 1 to {MaxPart} are allowed";
        if (part.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
            return "a character is no letter, digit, '-', '_' or '.'";
        if (part[0] is '-' or '.' || part[^1] is '-' or '.' || part.EndsWith(".git", StringComparison.OrdinalIgnoreCase))
            return "a part begins or ends with '-' or '.', or ends with '.git'";
        return part.Contains("--", StringComparison.Ordinal) || part.Contains("..", StringComparison.Ordinal) ? "'--' and '..' are not allowed" : null;
    }

    // Git's own rules are wider than what makes a safe path; these are the characters that revisions of models have.
    private static string? RevisionFault(string revision) =>
        HubPath.Fault(revision) ?? (revision.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '/' or '+'))
            ? "the revision has a character that is no letter, digit, '-', '_', '.', '+' or '/'"
            : null);
}
