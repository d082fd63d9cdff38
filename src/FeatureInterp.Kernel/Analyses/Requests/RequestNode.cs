using System.Globalization;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>A piece of a request as it is written.</summary>
/// <param name="Line">Its line, from 1.</param>
internal abstract record RequestNode(long Line)
{
    /// <summary>What it is, for messages.</summary>
    public abstract string Kind { get; }

    /// <summary>The same as JSON: flags and finite numbers without quotes become such, what is nothing becomes null.</summary>
    public abstract JsonNode? ToJson();
}

/// <summary>A text, number or flag.</summary>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Text">What is written, without quotes.</param>
/// <param name="IsQuoted">Whether it stands in quotes or in a block, and so is a text whatever it looks like.</param>
internal sealed record ScalarNode(long Line, string Text, bool IsQuoted) : RequestNode(Line)
{
    public override string Kind => $"'{(Text.Length <= 40 ? Text : Text[..40] + "…")}'";

    /// <summary>Whether nothing is given: <c>key:</c>, <c>key: ~</c> or <c>key: null</c>.</summary>
    public bool IsNothing => !IsQuoted && Text is "" or "~" or "null";

    /// <inheritdoc/>
    public override JsonNode? ToJson()
    {
        if (IsNothing)
            return null;
        if (!IsQuoted && Text is "true" or "false")
            return Text is "true";
        if (!IsQuoted && long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole;
        return !IsQuoted && double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : Text;
    }
}

/// <summary>A list.</summary>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Items">What is in it.</param>
internal sealed record ListNode(long Line, IReadOnlyList<RequestNode> Items) : RequestNode(Line)
{
    public override string Kind => "a list";

    /// <inheritdoc/>
    public override JsonNode? ToJson() => new JsonArray([.. Items.Select(i => i.ToJson())]);
}

/// <summary>A mapping.</summary>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Entries">Its keys in their order, and what they hold.</param>
internal sealed record MapNode(long Line, OrderedDictionary<string, RequestNode> Entries) : RequestNode(Line)
{
    public override string Kind => "a mapping";

    /// <inheritdoc/>
    public override JsonNode? ToJson() => new JsonObject(Entries.Select(e => KeyValuePair.Create(e.Key, e.Value.ToJson())));
}
