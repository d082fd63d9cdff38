using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>What one MLP neuron adds to a logit at one position.</summary>
/// <param name="Layer">The block.</param>
/// <param name="Neuron">The neuron, 0 to d_mlp − 1.</param>
/// <param name="Activation">Its value at <c>mlp.hook_post</c>.</param>
/// <param name="Attribution">What it adds, in logits.</param>
public readonly record struct NeuronAttribution(int Layer, int Neuron, float Activation, float Attribution)
{
    /// <summary>TransformerLens's label, such as <c>L3N1201</c>.</summary>
    public string Label => $"L{Layer}N{Neuron}";
}

/// <summary>The neurons that move a logit most.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record TopNeurons : IHasDisplay
{
    /// <summary>What was attributed to what.</summary>
    public required string Name { get; init; }

    /// <summary>The neurons, largest effect first; of equal ones the lower layer and index first.</summary>
    public required IReadOnlyList<NeuronAttribution> Neurons { get; init; }

    /// <summary>What all neurons of the model add together, those not listed included.</summary>
    public required double Total { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        Name,
        FeatureChart.TopDifferences($"The {Neurons.Count} largest; all neurons together {Total:0.###}", [.. Neurons.Select(n => (n.Label, (double)n.Attribution))], "logits"),
        new Table(["neuron", "activation", "logits"], [.. Neurons.Select(n => (Cell[])[n.Label, n.Activation, n.Attribution])]),
        Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    internal static TopNeurons Of(
        StreamRecord record, Provenance provenance, int count, TokenChoice tokens, TokenChoice? incorrect, int prompt, int position, CancellationToken cancellation)
    {
        if (count < 1)
            throw new AnalysisException($"{count} neurons are asked for; give 1 or more.");
        if ((uint)prompt >= (uint)record.Tokens.Length)
            throw new AnalysisException($"Prompt {prompt} is asked for, but {record.Tokens.Length} were run.");
        var (model, layers) = (record.Model, record.Model.Config.Layers);
        var at = ((PositionSlice)position).Of(record.Tokens[prompt].Length)[0];
        var direction = LogitAttribution.Direction(
            model, tokens.Resolve(model, record.Tokens.Length)[prompt], incorrect?.Resolve(model, record.Tokens.Length)[prompt]);

        // (r − mean r)/scale · d = r · (d − mean d)/scale: the norm goes to the direction, once.
        record.Normalize(direction.Span, record.ScaleAt(layers, mlpInput: false, prompt).Span[at]);
        var (best, total) = (new List<NeuronAttribution>(), 0.0);
        for (var l = 0; l < layers; l++)
        {
            var (activations, along) = new BlockParts(record, l, throughPostNorm: true, cancellation).NeuronsAlong(prompt, at, direction);
            for (var n = 0; n < along.Length; n++)
            {
                best.Add(new NeuronAttribution(l, n, activations[n], along[n]));
                total += along[n];
            }

            best = [.. best.OrderByDescending(b => Math.Abs(b.Attribution)).ThenBy(b => b.Layer).ThenBy(b => b.Neuron).Take(count)];
        }

        return new TopNeurons
        {
            Name = $"Neurons in the logit of {tokens}{(incorrect is null ? "" : $" minus {incorrect}")} at '{TokenText.Of(model, record.Tokens[prompt][at])}'",
            Neurons = best,
            Total = total,
            Provenance = provenance,
        };
    }
}
