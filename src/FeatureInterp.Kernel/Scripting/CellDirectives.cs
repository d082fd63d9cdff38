using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting.Magics;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// A cell taken apart into what is done one after another: C#, kernel lines, and blocks under <c>#!html</c> and the like, which reach to the
/// next line that names a kernel. Package lines come first wherever they stand, together, as their versions depend on each other.
/// </summary>
/// <param name="Code">All the C#, the other lines blanked, so that every place stays where it is.</param>
/// <param name="Steps">The parts, in order.</param>
/// <param name="Packages">The lines <c>#r "nuget:…"</c> and <c>#i "nuget:…"</c>.</param>
/// <param name="Time">Whether <c>#!time</c> was asked for.</param>
/// <param name="Problem">The first line that asks for something not offered or is written wrongly, or null; then nothing of the cell runs.</param>
internal sealed partial record CellDirectives(
    string Code, ImmutableArray<CellStep> Steps, ImmutableArray<PackageLine> Packages, bool Time, DirectiveProblem? Problem)
{
    /// <summary>Takes a cell apart.</summary>
    public static CellDirectives Parse(string source)
    {
        var lines = source.Split('\n');
        return lines.Any(IsDirective) ? new Splitter(lines).Split()
            : new(source, string.IsNullOrWhiteSpace(source) ? [] : [new CodeStep(source)], [], false, null);
    }

    private static bool IsDirective(string line)
    {
        var text = line.AsSpan().TrimStart();
        return text.StartsWith("#!", StringComparison.Ordinal) || (text.StartsWith("#", StringComparison.Ordinal) && Package().IsMatch(text));
    }

    /// <summary>The kernel that a line which is nothing but its name switches to, or null.</summary>
    private static string? Selected(string line)
    {
        var text = line.AsSpan().Trim();
        return text.StartsWith("#!", StringComparison.Ordinal) && text is not "#!value" && KnownKernels.Aliases.TryGetValue(text[2..].ToString(), out var kernel)
            ? kernel : null;
    }

    [GeneratedRegex("^\\s*#(?<kind>[ri])\\s*\"\\s*(?<nuget>nuget\\s*:)?(?<argument>[^\"]*)\"\\s*(//.*)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Package();

    private sealed class Splitter(string[] lines)
    {
        private readonly ImmutableArray<CellStep>.Builder _steps = ImmutableArray.CreateBuilder<CellStep>();
        private readonly ImmutableArray<PackageLine>.Builder _packages = ImmutableArray.CreateBuilder<PackageLine>();
        private readonly string[] _code = [.. lines.Select(l => new string(' ', l.Length))];
        private HashSet<int> _text = CodeText.LinesInside(lines, 0);
        private DirectiveProblem? _problem;
        private bool _time;
        private int _codeStart;

        public CellDirectives Split()
        {
            for (var i = 0; i < lines.Length; i++)
            {
                if (!IsDirective(lines[i]) || _text.Contains(i))
                    _code[i] = lines[i];
                else if (Package().Match(lines[i]) is { Success: true } package)
                    AddPackage(i, package);
                else if (Selected(lines[i]) is { } kernel)
                    i = Switch(i, kernel);
                else
                    i = AddMagic(i);
            }

            EndCode(lines.Length);
            return new(string.Join('\n', _code), _steps.ToImmutable(), _packages.ToImmutable(), _time, _problem);
        }

        private void AddPackage(int at, Match line)
        {
            var feed = line.Groups["kind"].Value is "i";
            if (line.Groups["nuget"].Success)
                _packages.Add(new PackageLine(at + 1, lines[at].Trim(), feed, line.Groups["argument"].Value.Trim()));
            else if (feed)
                Refuse(at, "#i names a feed as #i \"nuget:address or folder\".", DirectiveProblem.Wrong);
            else
                _code[at] = lines[at];
        }

        private int Switch(int at, string kernel)
        {
            if (string.Equals(kernel, KnownKernels.CSharp, StringComparison.Ordinal))
                return at;
            EndCode(at);
            var text = TakeText(at, out var end);
            if (CellContent.TryFormat(kernel, "") is null)
                Refuse(at, MagicRegistry.Explain(MagicParser.Name(lines[at])), DirectiveProblem.NotOffered);
            else if (text.Length > 0)
                _steps.Add(new ContentStep(kernel, text));
            return end;
        }

        private int AddMagic(int at)
        {
            var name = MagicParser.Name(lines[at]);
            if (MagicRegistry.Find(name) is not { } magic)
            {
                Refuse(at, MagicRegistry.Explain(name), DirectiveProblem.NotOffered);
                return at;
            }

            try
            {
                var line = MagicParser.Parse(lines[at], magic.Syntax);
                _time |= magic is TimeMagic;
                if (magic is TimeMagic)
                    return at;
                EndCode(at);
                var end = at;
                var text = magic.TakesText(line) ? TakeText(at, out end) : "";
                _steps.Add(new MagicStep(magic, line, at + 1, lines[at].Trim(), text));
                _codeStart = end + 1;
                return end;
            }
            catch (MagicException e)
            {
                Refuse(at, e.Message, DirectiveProblem.Wrong);
                return at;
            }
        }

        // Up to the next kernel's mark, which is left to the loop; C# after it is read anew for its strings.
        private string TakeText(int at, out int end)
        {
            end = at;
            while (end + 1 < lines.Length && Selected(lines[end + 1]) is null && MagicParser.Name(lines[end + 1]) is not "value")
                end++;
            _codeStart = end + 1;
            _text = CodeText.LinesInside(lines, end + 1);
            return string.Join('\n', lines[(at + 1)..(end + 1)]).Trim('\n');
        }

        private void EndCode(int at)
        {
            var code = string.Join('\n', _code.Select((l, i) => i >= _codeStart && i < at ? l : "").Take(at));
            if (!string.IsNullOrWhiteSpace(code))
                _steps.Add(new CodeStep(code));
            _codeStart = at + 1;
        }

        private void Refuse(int at, string message, string kind) => _problem ??= new DirectiveProblem(at + 1, lines[at].Trim(), message, kind);
    }
}
