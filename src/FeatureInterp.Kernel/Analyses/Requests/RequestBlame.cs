using System.Globalization;
using System.Text.Json;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>
/// Finds the line of a request that a library's exception speaks about: typed calls know options and features, not files. Their messages begin with what they are about: an option by
/// its name in C#, a name or path as it was given, or one of a few phrases.
/// </summary>
internal static class RequestBlame
{
    private static readonly string[] Features = ["feature", "features", "sets", "neuron", "neurons", "max_activations"];
    private static readonly string[] Corpus = ["corpus", "over"];
    private static readonly string[] Prompts = ["prompt", "prompts"];

    private static readonly (string Says, string[] Keys)[] Subjects =
    [
        ("There is no feature", Features), ("was chosen twice", Features), ("There is no neuron", Features), ("features cannot be drawn", Features), ("No feature was chosen", Features),
        ("never fires", Features), ("never fired", Features),
        ("The corpus has", Corpus), ("fill one row", Corpus), ("is empty; give some text", Corpus), ("has no rows", Corpus), ("tokens is excluded", Corpus), ("A row of", Corpus),
        ("The answer has no token", ["answer"]), ("of the answer is not in", ["answer"]), ("Prompt and answer have", ["answer"]),
        ("The target is", ["target"]), ("is asked for, but a prompt has", ["positions", "position"]), ("The placeholder", ["placeholder"]), ("The prompt", Prompts),
    ];

    /// <summary>The exception with the request's line in its message.</summary>
    /// <param name="where">What to call the request.</param>
    /// <param name="request">The request.</param>
    /// <param name="e">What the work threw.</param>
    /// <returns>Null when it is about nothing that stands in the request.</returns>
    public static RequestException? Of(string where, MapNode request, Exception e)
    {
        if (e is not (AnalysisException or SaeException or PromptException or SamplingException or ModelFileException))
            return null;
        (string Key, RequestNode Value)[] entries = [.. Entries(request)];
        return Option(where, entries, e) ?? Name(where, entries, e) ?? Subject(where, entries, e);
    }

    // "RowLength is 0; …" speaks of row_length.
    private static RequestException? Option(string where, (string Key, RequestNode Value)[] entries, Exception e)
    {
        var end = e.Message.IndexOf(" is ", StringComparison.Ordinal);
        if (end < 1 || !char.IsAsciiLetterUpper(e.Message[0]) || !e.Message[..end].All(char.IsAsciiLetter))
            return null;
        var key = JsonNamingPolicy.SnakeCaseLower.ConvertName(e.Message[..end]);
        return Find(entries, [key]) is { } found ? new RequestException($"{Place(where, found)}{e.Message[end..]}", e) : null;
    }

    // "none.txt: the text file is not there", "talegrid-6m has no layer 9".
    private static RequestException? Name(string where, (string Key, RequestNode Value)[] entries, Exception e)
    {
        var found = entries.FirstOrDefault(n => n.Value is ScalarNode { Text.Length: > 2 } s
            && (Begins(e.Message, s.Text) || (e.Message.StartsWith('\'') && Begins(e.Message[1..], s.Text + "'"))));
        return found.Value is null ? null : new RequestException($"{Place(where, found)}: {e.Message}", e);
    }

    private static RequestException? Subject(string where, (string Key, RequestNode Value)[] entries, Exception e)
    {
        var keys = Subjects.FirstOrDefault(s => e.Message.Contains(s.Says, StringComparison.Ordinal)).Keys ?? (e is PromptException ? [.. Corpus, .. Prompts] : []);
        if (Find(entries, keys) is not { } found)
            return null;
        // Of a long list, the line of the one that is meant: the first number in the message.
        var number = string.Concat(e.Message.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit));
        var line = Scalars(found.Value).FirstOrDefault(s => s.Text == number)?.Line ?? found.Value.Line;
        return new RequestException(string.Create(CultureInfo.InvariantCulture, $"{where}, line {line}: {found.Key}: {e.Message}"), e);
    }

    private static string Place(string where, (string Key, RequestNode Value) entry) => string.Create(CultureInfo.InvariantCulture, $"{where}, line {entry.Value.Line}: {entry.Key}");

    private static (string Key, RequestNode Value)? Find((string Key, RequestNode Value)[] entries, string[] keys) =>
        keys.Select(k => entries.Select(e => ((string, RequestNode)?)e).FirstOrDefault(e => e!.Value.Item1 == k)).FirstOrDefault(e => e is not null);

    // Keys at any depth; of a list each item under the list's key.
    private static IEnumerable<(string Key, RequestNode Value)> Entries(MapNode map) => map.Entries.SelectMany(e => Under(e.Key, e.Value).Prepend((e.Key, e.Value)));

    private static IEnumerable<(string Key, RequestNode Value)> Under(string key, RequestNode node) => node switch
    {
        MapNode inner => Entries(inner),
        ListNode list => list.Items.SelectMany(i => Under(key, i).Prepend((key, i))),
        _ => [],
    };

    private static IEnumerable<ScalarNode> Scalars(RequestNode node) => node switch
    {
        ScalarNode scalar => [scalar],
        ListNode list => list.Items.SelectMany(Scalars),
        MapNode map => map.Entries.Values.SelectMany(Scalars),
        _ => [],
    };

    private static bool Begins(string message, string text) =>
        message.StartsWith(text, StringComparison.Ordinal) && message.Length > text.Length && message[text.Length] is ':' or ' ' or ',';
}
