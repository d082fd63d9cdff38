using System.Globalization;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>One value of a request, read as what is wanted there.</summary>
/// <param name="place">File, line and key, for messages.</param>
/// <param name="where">The file, for messages about what is inside.</param>
/// <param name="node">What is written.</param>
internal sealed class RequestValue(string place, string where, RequestNode node)
{
    /// <summary>Whether it is a mapping.</summary>
    public bool IsMap => node is MapNode;

    /// <summary>Whether it is a list.</summary>
    public bool IsList => node is ListNode;

    /// <summary>A text; a number or flag without quotes is one too.</summary>
    public string Text() => node is ScalarNode s && s.Text.Length > 0 ? s.Text : throw Not("a text");

    /// <summary>A whole number.</summary>
    public int Int() => Plain(out var text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Not("a whole number");

    /// <summary>A whole number of 64 bits.</summary>
    public long Long() => Plain(out var text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Not("a whole number");

    /// <summary>A finite number.</summary>
    public double Number() =>
        Plain(out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw Not("a finite number");

    /// <summary>True or false.</summary>
    public bool Flag() => Plain(out var text) && text is "true" or "false" ? text is "true" : throw Not("true or false");

    /// <summary>One of several words.</summary>
    /// <param name="choices">The words, and what each stands for.</param>
    public T Choice<T>(params (string Word, T Value)[] choices)
    {
        var index = node is ScalarNode s ? Array.FindIndex(choices, c => c.Word == s.Text) : -1;
        return index >= 0 ? choices[index].Value : throw Not("one of " + string.Join(", ", choices.Select(c => c.Word)));
    }

    /// <summary>A list; of one, the value may stand without brackets.</summary>
    /// <param name="read">Reads an item.</param>
    public T[] Each<T>(Func<RequestValue, T> read) => node switch
    {
        ListNode { Items.Count: > 0 } list => [.. list.Items.Select(item => read(new RequestValue(item.Line == node.Line ? place : $"{place}, line {item.Line}", where, item)))],
        ListNode => throw Not("at least one value"),
        _ => [read(this)],
    };

    /// <summary>Whole numbers, one or a list.</summary>
    public int[] Ints() => Each(v => v.Int());

    /// <summary>A mapping, read whole: keys that are not asked for are errors.</summary>
    /// <param name="read">Reads what is in it.</param>
    public T Map<T>(Func<RequestMap, T> read)
    {
        var map = new RequestMap(where, node as MapNode ?? throw Not("a mapping"));
        var value = read(map);
        map.Finish();
        return value;
    }

    /// <summary>A token, or one for each prompt: texts that are one token each, or ids.</summary>
    public TokenChoice Tokens()
    {
        if (node is ScalarNode { IsQuoted: false })
            return int.TryParse(Text(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : Text();
        if (node is ScalarNode)
            return Text();
        return node is ListNode { Items: [ScalarNode { IsQuoted: false } first, ..] } && int.TryParse(first.Text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? Ints() : Each(v => v.Text());
    }

    /// <summary>Positions: <c>all</c>, <c>last</c>, or numbers, negative ones from the end.</summary>
    public PositionSlice Positions() => node is ScalarNode { Text: "all" } ? PositionSlice.All : node is ScalarNode { Text: "last" } ? PositionSlice.Last : Ints();

    /// <summary>What to throw when it is something else.</summary>
    /// <param name="wanted">What was wanted.</param>
    public RequestException Not(string wanted) => new($"{place} is {(node is ListNode { Items.Count: 0 } ? "an empty list" : node is ScalarNode { Text: "" } ? "empty" : node.Kind)}; {wanted} was expected.");

    /// <summary>What to throw when it is of the right kind, but cannot be.</summary>
    /// <param name="why">Why, as a sentence.</param>
    public RequestException Wrong(string why) => new($"{place}: {why}");

    private bool Plain(out string text)
    {
        text = node is ScalarNode { IsQuoted: false } s ? s.Text : "";
        return text.Length > 0;
    }
}
