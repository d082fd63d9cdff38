using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Collects components at the positions asked for, in memory that is reckoned before it is taken.</summary>
internal sealed class StackBuilder
{
    private readonly IReadOnlyList<int[]> _tokens;
    private readonly List<string> _labels = [];
    private readonly Tensor[] _values;

    public StackBuilder(IReadOnlyList<int[]> tokens, PositionSlice at, int components, int width, long maxBytes)
    {
        _tokens = tokens;
        Positions = [.. tokens.Select(t => at.Of(t.Length))];
        var bytes = Positions.Sum(p => (decimal)components * p.Length * width * sizeof(float));
        if (bytes > maxBytes || Positions.Any(p => (long)components * p.Length * width > Array.MaxLength))
            throw new AnalysisException(string.Create(CultureInfo.InvariantCulture, $"{components:N0} components at {at} of {tokens.Count} prompts would take {bytes / (1 << 20):N0} MiB, more than MaxStackBytes allows ({(decimal)maxBytes / (1 << 20):N0} MiB); ask for fewer positions or components."));
        _values = [.. Positions.Select(p => Tensor.Zeros(components, p.Length, width))];
    }

    /// <summary>For each prompt the positions wanted.</summary>
    public IReadOnlyList<int[]> Positions { get; }

    /// <summary>The room of the next component at the positions of a prompt, [pos, d_model]; call <see cref="Name"/> once it is filled.</summary>
    public Tensor Next(int prompt) => _values[prompt][_labels.Count];

    /// <summary>Ends a component.</summary>
    public void Name(string label) => _labels.Add(label);

    /// <summary>A component that is known at every position, [pos, d_model] a prompt.</summary>
    public void Add(string label, Func<int, Tensor> whole)
    {
        for (var p = 0; p < _values.Length; p++)
        {
            var (rows, room) = (whole(p), Next(p));
            for (var i = 0; i < Positions[p].Length; i++)
                rows.Row(Positions[p][i]).CopyTo(room.Row(i));
        }

        Name(label);
    }

    /// <summary>A component that is the same vector, [d_model], at every position.</summary>
    public void AddEverywhere(string label, Tensor vector)
    {
        for (var p = 0; p < _values.Length; p++)
        {
            for (var i = 0; i < Positions[p].Length; i++)
                vector.Span.CopyTo(Next(p).Row(i));
        }

        Name(label);
    }

    /// <summary>What the components so far leave of a stream: the stream less their sum.</summary>
    public void AddRemainder(Func<int, Tensor> stream)
    {
        var before = _labels.Count;
        Add("remainder", stream);
        for (var p = 0; p < _values.Length; p++)
        {
            var rest = _values[p].Row(before);
            for (var c = 0; c < before; c++)
                TensorPrimitives.Subtract(rest, _values[p].Row(c), rest);
        }
    }

    public ResidualStack Build(string name, Transformer model, Provenance provenance) => new()
    {
        Name = name,
        Labels = _labels,
        Values = _values,
        Positions = Positions,
        TokenTexts = [.. Positions.Select((at, p) => (IReadOnlyList<string>)[.. at.Select(i => TokenText.Of(model, _tokens[p][i]))])],
        IsNormalized = false,
        Provenance = provenance,
    };
}

/// <summary>How a token is shown.</summary>
internal static class TokenText
{
    /// <summary>Its text, or its id where the model has no tokenizer.</summary>
    public static string Of(Transformer model, int token) => model.Tokenizer?.DecodeToken(token) ?? token.ToString(CultureInfo.InvariantCulture);
}
