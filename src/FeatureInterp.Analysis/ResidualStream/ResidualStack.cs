using FeatureInterp.Display;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Parts of the residual stream under their TransformerLens labels: for each prompt a tensor [component, pos, d_model].</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record ResidualStack : IHasDisplay
{
    /// <summary>What was asked for.</summary>
    public required string Name { get; init; }

    /// <summary>The components' labels: <c>embed</c>, <c>3_attn_out</c>, <c>L0H1</c>, <c>remainder</c>.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>For each prompt [component, pos, d_model], only the positions asked for.</summary>
    public required IReadOnlyList<Tensor> Values { get; init; }

    /// <summary>For each prompt the positions that <see cref="Values"/> has.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Positions { get; init; }

    /// <summary>For each prompt the texts of the tokens at <see cref="Positions"/>.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> TokenTexts { get; init; }

    /// <summary>Whether a norm has been applied, so that it cannot be applied again.</summary>
    public required bool IsNormalized { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The number of prompts.</summary>
    public int Count => Values.Count;

    /// <summary>One prompt's components, [component, pos, d_model].</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor this[int prompt] => Values[prompt];

    /// <summary>One component of a prompt, [pos, d_model].</summary>
    /// <param name="label">Its label.</param>
    /// <param name="prompt">The prompt.</param>
    /// <exception cref="AnalysisException">There is no such component; the message names the nearest.</exception>
    public Tensor Component(string label, int prompt = 0)
    {
        for (var c = 0; c < Labels.Count; c++)
        {
            if (Labels[c] == label)
                return Values[prompt][c];
        }

        throw new AnalysisException($"{Name} has no component '{label}'; did you mean '{NearestName.Of(label, Labels)}'?");
    }

    /// <summary>The sum of the components, [pos, d_model].</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor Sum(int prompt = 0)
    {
        var stack = Values[prompt];
        var sum = Tensor.Zeros(stack.Shape[1], stack.Shape[2]);
        for (var c = 0; c < Labels.Count; c++)
            TensorPrimitives.Add(sum.Span, stack.Row(c), sum.Span);
        return sum;
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(Name,
        [.. Enumerable.Range(0, Count).Select(Norms), Provenance.ToTable()]);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    private Figure Norms(int prompt)
    {
        var stack = Values[prompt];
        var norms = Labels.Select((_, c) => (IReadOnlyList<double>)[.. Enumerable.Range(0, stack.Shape[1]).Select(p => (double)TensorPrimitives.Norm<float>(stack[c].Row(p)))]).ToList();
        return new Figure(Count > 1 ? $"Prompt {prompt}" : "", [new HeatMapTrace("length of each component", TokenTexts[prompt], Labels, norms)], new Axis("token"));
    }
}
