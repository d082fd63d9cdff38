using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What each part of a residual stream adds to a logit or to the difference of two.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record LogitAttribution : IHasDisplay
{
    private const int Bars = 30;

    /// <summary>What was attributed to what.</summary>
    public required string Name { get; init; }

    /// <summary>The components' labels.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>For each prompt [component, pos].</summary>
    public required IReadOnlyList<Tensor> Values { get; init; }

    /// <summary>For each prompt the positions that <see cref="Values"/> has.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Positions { get; init; }

    /// <summary>For each prompt the texts of the tokens there.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> TokenTexts { get; init; }

    /// <summary>For each prompt what b_U adds whatever the stream: b_U[token], less b_U[incorrect]. Not part of any component.</summary>
    public required IReadOnlyList<float> UnembedBias { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>One prompt's attributions, [component, pos].</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor this[int prompt] => Values[prompt];

    /// <summary>The components at a prompt's last position, largest effect first; of equal ones in their own order.</summary>
    /// <param name="prompt">The prompt.</param>
    public IReadOnlyList<(string Label, float Value)> Ranked(int prompt = 0)
    {
        var last = Positions[prompt].Count - 1;
        return [.. Labels.Select((label, c) => (label, Values[prompt][c, last])).OrderByDescending(v => Math.Abs(v.Item2))];
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(Name, [.. Enumerable.Range(0, Values.Count).SelectMany(Draw), Provenance.ToTable()]);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    internal static LogitAttribution Of(StreamRecord record, ResidualStack normalized, string stackName, TokenChoice tokens, TokenChoice? incorrect)
    {
        var model = record.Model;
        var (up, down) = (tokens.Resolve(model, normalized.Count), incorrect?.Resolve(model, normalized.Count));
        var (bias, values) = (model.LensWeights.b_U(), new Tensor[normalized.Count]);
        for (var p = 0; p < values.Length; p++)
        {
            var direction = Direction(model, up[p], down?[p]);
            var stack = normalized[p];
            values[p] = Tensor.Uninitialized(stack.Shape[0], stack.Shape[1]);
            for (var c = 0; c < stack.Shape[0]; c++)
            {
                for (var i = 0; i < stack.Shape[1]; i++)
                    values[p][c, i] = TensorPrimitives.Dot<float>(stack[c].Row(i), direction.Span);
            }
        }

        return new LogitAttribution
        {
            Name = $"{stackName}: part in the logit of {tokens}{(incorrect is null ? "" : $" minus {incorrect}")}",
            Labels = normalized.Labels,
            Values = values,
            Positions = normalized.Positions,
            TokenTexts = normalized.TokenTexts,
            UnembedBias = [.. up.Select((t, p) => bias.Span[t] - (down is null ? 0 : bias.Span[down[p]]))],
            Provenance = normalized.Provenance,
        };
    }

    /// <summary>W_U[:, token] − W_U[:, incorrect], [d_model].</summary>
    internal static Tensor Direction(Transformer model, int token, int? incorrect)
    {
        var direction = model.LensWeights.UnembedColumn(token);
        if (incorrect is { } other)
            TensorPrimitives.Subtract(direction.Span, model.LensWeights.UnembedColumn(other).Span, direction.Span);
        return direction;
    }

    private IEnumerable<IDisplay> Draw(int prompt)
    {
        var ranked = Ranked(prompt);
        var title = Values.Count > 1 ? $"Prompt {prompt}: " : "";
        yield return FeatureChart.TopDifferences(
            $"{title}at '{TokenTexts[prompt][^1]}'{(ranked.Count > Bars ? $", the {Bars} largest of {ranked.Count}" : "")}", [.. ranked.Take(Bars).Select(r => (r.Label, (double)r.Value))], "logits");
        if (Positions[prompt].Count > 1)
        {
            var rows = Labels.Select((_, c) => (IReadOnlyList<double>)[.. Values[prompt].Row(c).ToArray().Select(v => (double)v)]).ToList();
            yield return new Figure(title + "at each position", [new HeatMapTrace("logits", TokenTexts[prompt], Labels, rows)], new Axis("token"));
        }
    }
}
