using System.Collections.Immutable;
using System.Globalization;
using FeatureInterp.Kernel.Analyses;
using FeatureInterp.Kernel.Notebooks;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Runner;

/// <summary>Values for a notebook's parameters from a file of <c>name: value</c> lines: YAML, or JSON, which is YAML too.</summary>
internal static class ParameterFile
{
    /// <summary>The values by name, written as <c>--set</c> takes them; a list becomes a C# collection expression.</summary>
    /// <exception cref="NotebookException">The file cannot be read, or is not a mapping of names to values or lists of values.</exception>
    public static ImmutableSortedDictionary<string, string> Read(string path)
    {
        try
        {
            return RequestYaml.Read(path).Entries.ToImmutableSortedDictionary(e => e.Key, e => Text(path, e.Key, e.Value), StringComparer.Ordinal);
        }
        catch (RequestException e)
        {
            throw new NotebookException($"--parameters {e.Message}", e);
        }
    }

    private static string Text(string path, string name, RequestNode node) => node switch
    {
        ScalarNode { IsNothing: true } => "null",
        ScalarNode scalar => scalar.Text,
        ListNode list => $"[{string.Join(", ", list.Items.Select(i => Element(path, name, i)))}]",
        _ => throw new NotebookException($"--parameters {path}, line {node.Line}: {name} holds {node.Kind}; wanted a value or a list of values."),
    };

    private static string Element(string path, string name, RequestNode node) => node switch
    {
        ListNode => Text(path, name, node),
        ScalarNode { IsNothing: true } => "null",
        ScalarNode { IsQuoted: false } plain when plain.Text is "true" or "false" || double.TryParse(plain.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) => plain.Text,
        ScalarNode scalar => SymbolDisplay.FormatLiteral(scalar.Text, quote: true),
        _ => Text(path, name, node),
    };
}
