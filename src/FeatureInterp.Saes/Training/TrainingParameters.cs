using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>One trained array with its gradient and Adam's two running means, all of one shape.</summary>
internal sealed class TrainingParameter(string name, params int[] shape)
{
    private readonly WritableWeight _weight = new(name, shape);

    public string Name { get; } = name;

    public Tensor Value => _weight.Values;

    /// <summary>The value, for the kernels that multiply.</summary>
    public Weight View => _weight.View;

    public Tensor Gradient { get; } = Tensor.Zeros(shape);

    public Tensor Mean { get; } = Tensor.Zeros(shape);

    public Tensor Square { get; } = Tensor.Zeros(shape);
}

/// <summary>
/// What is trained. The encoder lies as [d_sae, d_in], one feature a row like the decoder, so that both gradients are sums of whole rows;
/// files have it the other way round.
/// </summary>
internal sealed class TrainingParameters
{
    private readonly Dictionary<string, TrainingParameter> _byName = new(StringComparer.Ordinal);

    public TrainingParameters(ISaeObjective objective, int dIn, int dSae)
    {
        DIn = dIn;
        DSae = dSae;
        Decoder = Add(Names.Decoder, dSae, dIn);
        DecoderBias = Add(Names.DecoderBias, dIn);
        if (objective.HasEncoder)
            Add(Names.Encoder, dSae, dIn);
        foreach (var name in objective.Vectors)
            Add(name, dSae);
    }

    public int DIn { get; }

    public int DSae { get; }

    /// <summary>In the order in which they were made.</summary>
    public List<TrainingParameter> All { get; } = [];

    /// <summary>W_dec, [d_sae, d_in].</summary>
    public TrainingParameter Decoder { get; }

    /// <summary>b_dec, [d_in].</summary>
    public TrainingParameter DecoderBias { get; }

    /// <summary>W_enc, transposed: [d_sae, d_in].</summary>
    public TrainingParameter Encoder => this[Names.Encoder];

    /// <summary>BatchTopK's running estimate of the smallest feature that is kept, in the features' scale.</summary>
    public double TopKThreshold { get; set; }

    public TrainingParameter this[string name] => _byName[name];

    /// <summary>
    /// SAELens's beginning: decoder rows in directions drawn evenly from a cube (Kaiming's uniform distribution), brought to one norm; the encoder their
    /// transpose; biases zero.
    /// </summary>
    /// <param name="norm">The decoder rows' norm; null leaves them as drawn, at about √2.</param>
    /// <param name="random">Where the directions come from.</param>
    public void Initialize(double? norm, TrainingRandom random)
    {
        var bound = Math.Sqrt(6.0 / DIn);
        for (var f = 0; f < DSae; f++)
        {
            var row = Decoder.Value.Row(f);
            foreach (ref var value in row)
                value = (float)(bound * (2 * random.NextDouble() - 1));
            if (norm is { } wanted)
                TensorPrimitives.Multiply(row, (float)(wanted / TensorPrimitives.Norm<float>(row)), row);
        }

        if (_byName.TryGetValue(Names.Encoder, out var encoder))
            Decoder.Value.Span.CopyTo(encoder.Value.Span);
    }

    public void ClearGradients()
    {
        foreach (var parameter in All)
            parameter.Gradient.Span.Clear();
    }

    /// <summary>The norm of each decoder row.</summary>
    public float[] DecoderNorms()
    {
        var norms = new float[DSae];
        for (var f = 0; f < DSae; f++)
            norms[f] = TensorPrimitives.Norm<float>(Decoder.Value.Row(f));
        return norms;
    }

    private TrainingParameter Add(string name, params int[] shape)
    {
        var parameter = new TrainingParameter(name, shape);
        All.Add(parameter);
        _byName.Add(name, parameter);
        return parameter;
    }
}
