using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Declarations and documentation as text and as Markdown.</summary>
internal static class InspectionText
{
    private const int MostOverloads = 30;

    /// <summary>One symbol, its overloads behind it: as one line each, or whole when <paramref name="detail"/> is 1.</summary>
    public static (string Text, string Markdown) Of(ImmutableArray<ISymbol> symbols, int detail, CancellationToken token)
    {
        var text = new StringBuilder();
        var markdown = new StringBuilder();
        Add(symbols[0]);
        if (symbols.Length > 1)
        {
            var more = symbols.Length - 1;
            var heading = string.Create(CultureInfo.InvariantCulture, $"{more} more overload{(more == 1 ? "" : "s")}:");
            text.Append('\n').Append(heading).Append('\n');
            markdown.Append('\n').Append(heading).Append("\n\n```csharp\n");
            foreach (var other in symbols.Skip(1).Take(MostOverloads))
            {
                text.Append("  ").Append(SymbolText.Declaration(other)).Append('\n');
                markdown.Append(SymbolText.Declaration(other)).Append('\n');
            }

            markdown.Append("```\n");
        }

        return (text.ToString().TrimEnd('\n'), markdown.ToString().TrimEnd('\n'));

        void Add(ISymbol symbol)
        {
            var declaration = SymbolText.Declaration(symbol);
            text.Append(declaration).Append('\n');
            markdown.Append("```csharp\n").Append(declaration).Append("\n```\n");
            foreach (var (title, body) in Documentation.Of(symbol, token).Sections(whole: detail > 0))
            {
                text.Append('\n').Append(title is null ? body : $"{title}: {body}").Append('\n');
                markdown.Append('\n').Append(title is null ? body : $"**{title}**: {body}").Append('\n');
            }
        }
    }
}
