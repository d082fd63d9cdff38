using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Finds the documentation of a referenced assembly: the XML file beside it, and for the framework those of the SDK's reference packs,
/// where types of <c>System.Private.CoreLib</c> are spread over the files of the public assemblies. Nothing is read until asked for.
/// </summary>
/// <param name="assembly">The assembly's file.</param>
internal sealed class DocumentationFiles(string assembly) : DocumentationProvider
{
    private static readonly ConcurrentDictionary<string, DocumentationIndex> Indexes = new(StringComparer.Ordinal);
    private static readonly Lazy<string[]> Packs = new(FindPacks);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DocumentationFiles other && string.Equals(other.Assembly, Assembly, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Assembly);

    private string Assembly { get; } = assembly;

    /// <inheritdoc/>
    protected override string? GetDocumentationForSymbol(string documentationMemberID, CultureInfo preferredCulture, CancellationToken cancellationToken = default) =>
        Files().Select(f => Index(f).Find(documentationMemberID)).FirstOrDefault(d => d is not null);

    private IEnumerable<string> Files()
    {
        var beside = Path.ChangeExtension(Assembly, ".xml");
        if (File.Exists(beside))
            return [beside];
        var name = Path.GetFileName(beside);
        var packed = Packs.Value.Where(p => string.Equals(Path.GetFileName(p), name, StringComparison.Ordinal)).ToList();
        return packed.Count > 0 ? packed : name.StartsWith("System.Private.", StringComparison.Ordinal) ? Packs.Value : [];
    }

    private static DocumentationIndex Index(string file) => Indexes.GetOrAdd(file, DocumentationIndex.Read);

    // <root>/shared/Microsoft.NETCore.App/10.0.x/ is where the host runs; <root>/packs/*.Ref/10.0.y/ref/net10.0/*.xml is the documentation.
    private static string[] FindPacks()
    {
        try
        {
            var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
            var root = Path.GetFullPath(Path.Combine(framework ?? ".", "..", "..", ".."));
            var packs = new DirectoryInfo(Path.Combine(root, "packs"));
            var major = Environment.Version.Major.ToString(CultureInfo.InvariantCulture);
            return !packs.Exists ? [] :
            [
                .. packs.EnumerateDirectories("*.App.Ref")
                    .Select(p => p.EnumerateDirectories($"{major}.*").OrderBy(v => v.Name.Length).ThenBy(v => v.Name, StringComparer.Ordinal).LastOrDefault())
                    .SelectMany(v => v is null ? [] : Directory.EnumerateFiles(v.FullName, "*.xml", SearchOption.AllDirectories))
                    // The file that is asked most often first: what CoreLib holds is looked for in one after the other.
                    .OrderBy(f => Path.GetFileName(f) switch { "System.Runtime.xml" => 0, "System.Collections.xml" => 1, "System.Threading.xml" => 2, _ => 3 }).ThenBy(f => f, StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

/// <summary>Where each member's element lies in one documentation file; the file's text is kept, its XML parsed only member by member.</summary>
internal sealed class DocumentationIndex
{
    private const long MostBytes = 64L << 20;
    private static readonly DocumentationIndex Empty = new("", []);

    private readonly string _text;
    private readonly Dictionary<string, Range> _members;

    private DocumentationIndex(string text, Dictionary<string, Range> members) => (_text, _members) = (text, members);

    /// <summary>Reads a file; an unreadable or endless one holds nothing.</summary>
    public static DocumentationIndex Read(string file)
    {
        try
        {
            return new FileInfo(file).Length > MostBytes ? Empty : Of(File.ReadAllText(file, Encoding.UTF8));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Empty;
        }
    }

    /// <summary>Indexes a text: elements <c>&lt;member name="…"&gt;…&lt;/member&gt;</c>, as every compiler writes them.</summary>
    public static DocumentationIndex Of(string text)
    {
        const string Open = "<member name=\"";
        const string Close = "</member>";
        var members = new Dictionary<string, Range>(StringComparer.Ordinal);
        for (var at = text.IndexOf(Open, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Open, at + Open.Length, StringComparison.Ordinal))
        {
            var quote = text.IndexOf('"', at + Open.Length);
            var end = quote < 0 ? -1 : text.IndexOf(Close, quote, StringComparison.Ordinal);
            if (end < 0)
                break;
            members[text[(at + Open.Length)..quote]] = at..(end + Close.Length);
        }

        return new DocumentationIndex(text, members);
    }

    /// <summary>The element of a member, or null.</summary>
    public string? Find(string id) => _members.TryGetValue(id, out var place) ? _text[place] : null;
}
