using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>
/// YAML as a request uses it: mappings, lists, scalars, with the line of each for messages. Files are bounded in length and depth; anchors and aliases, which make a small
/// file large, and tags, which name types, are refused.
/// </summary>
internal static class RequestYaml
{
    /// <summary>The longest request, in bytes.</summary>
    public const int MaxBytes = 4 << 20;

    private const int MaxDepth = 16;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="RequestException">It is not there, too long, or not such YAML.</exception>
    public static MapNode Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            // What is no regular file has no length that could be trusted; it is read no further than a request may go.
            using var reader = new StreamReader(stream);
            var text = new char[MaxBytes + 1];
            var length = reader.ReadBlock(text, 0, text.Length);
            return length <= MaxBytes ? Parse(path, new string(text, 0, length))
                : throw new RequestException($"{path}: the file is longer than {MaxBytes >> 20} MiB, which no request is; name long texts with file: FILE.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"{path}: the request is not there or cannot be read; check the path.", e);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="path">What to call it in messages.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="RequestException">It is not such YAML.</exception>
    public static MapNode Parse(string path, string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
                throw new RequestException($"{path}: the request is empty; featureinterp analyze NAME --example prints one to begin with.");
            var root = Node(path, parser, 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                throw new RequestException($"{path}, line {parser.Current!.Start.Line}: a second document begins; a request is one, so put it into a file of its own.");
            return root as MapNode ?? throw new RequestException($"{path}, line {root.Line}: {root.Kind} was found where the request's keys were expected, one a line, as in model: NAME.");
        }
        catch (YamlException e)
        {
            throw new RequestException($"{path}, line {e.Start.Line}: this is not YAML ({e.Message.TrimEnd('.')}); texts with a colon, a brace or a # in them need quotes.", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner leaves some broken flow sequences with such exceptions in place of its own.
            throw new RequestException($"{path}: this is not YAML (a bracket or brace is left open, or stands where a text needs quotes).", e);
        }
    }

    private static RequestNode Node(string path, Parser parser, int depth)
    {
        var current = parser.Current!;
        if (depth > MaxDepth)
            throw new RequestException($"{path}, line {current.Start.Line}: the request nests more than {MaxDepth} deep, which none needs.");
        if (current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
            throw new RequestException($"{path}, line {current.Start.Line}: anchors and aliases (& and *) are not read; write the value out, or put quotes around a text.");
        if (current is NodeEvent { Tag.IsEmpty: false })
            throw new RequestException($"{path}, line {current.Start.Line}: tags (!) are not read; leave it away, or put quotes around a text.");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new ScalarNode(scalar.Start.Line, scalar.Value, scalar.Style != ScalarStyle.Plain);
        if (parser.TryConsume<SequenceStart>(out var list))
        {
            var items = new List<RequestNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Node(path, parser, depth + 1));
            return new ListNode(list.Start.Line, items);
        }

        var start = parser.Consume<MappingStart>();
        var entries = new OrderedDictionary<string, RequestNode>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var line = parser.Current!.Start.Line;
            if (Node(path, parser, depth + 1) is not ScalarNode key)
                throw new RequestException($"{path}, line {line}: a list or mapping was found where a key was expected; put quotes around a text that begins with a bracket.");
            if (!entries.TryAdd(key.Text, Node(path, parser, depth + 1)))
                throw new RequestException($"{path}, line {key.Line}: '{key.Text}' is there a second time; give it once.");
        }

        return new MapNode(start.Start.Line, entries);
    }
}
