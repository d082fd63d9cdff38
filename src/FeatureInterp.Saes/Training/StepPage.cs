using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// One step's batch and what every kind of SAE does with it: input, reconstruction, squared error, and the gradients of encoder and decoder. A kind
/// decides which features there are and what else is lost. Losses are means over the batch, as SAELens's.
/// </summary>
internal sealed class StepPage(TrainingParameters parameters, bool appliesDecoderBias, TrainingNormalization normalization)
{
    private readonly FeatureCollector _collector = new(parameters.DSae);
    private readonly float[] _preSums = new float[parameters.DSae];
    private readonly InputScaling _scaling = new();
    private float[]? _norms;

    public TrainingParameters Parameters { get; } = parameters;

    public bool AppliesDecoderBias { get; } = appliesDecoderBias;

    /// <summary>The number of steps before this one, for coefficients that warm up.</summary>
    public long StepNumber { get; private set; }

    /// <summary>Features that have not fired for long, ascending; SAELens's dead_neuron_mask.</summary>
    public int[] DeadFeatures { get; private set; } = [];

    /// <summary>The batch, [row, d_in].</summary>
    public Tensor X { get; private set; } = Tensor.Zeros(0, parameters.DIn);

    /// <summary>What the encoder is given: normalised, and without b_dec where it is taken off.</summary>
    public Tensor Input { get; private set; } = Tensor.Zeros(0, parameters.DIn);

    /// <summary>The reconstruction on the batch's scale, [row, d_in].</summary>
    public Tensor Output { get; private set; } = Tensor.Zeros(0, parameters.DIn);

    /// <summary>The gradient of the squared error with respect to the reconstruction before it is put on the batch's scale, [row, d_in].</summary>
    public Tensor Gradient { get; private set; } = Tensor.Zeros(0, parameters.DIn);

    /// <summary>The features that fired.</summary>
    public SparseBatch? Active { get; private set; }

    /// <summary>Their activations.</summary>
    public float[] Activations { get; private set; } = [];

    /// <summary>The parts of the loss, under SAELens's names; the loss is their sum.</summary>
    public List<(string Name, double Value)> Losses { get; } = [];

    public SparseProducts Products { get; } = new();

    /// <summary>‖W_dec[f]‖ of each feature.</summary>
    public float[] DecoderNorms => _norms ??= Finite(Parameters.DecoderNorms());

    /// <summary>A limit below which the features that are kept hardly ever lie, from the step before: it saves time and changes no result.</summary>
    public float LikelyLimit { get; set; }

    public void Begin(Tensor x, long stepNumber, int[] deadFeatures)
    {
        (X, StepNumber, DeadFeatures, _norms, Active) = (x, stepNumber, deadFeatures, null, null);
        Losses.Clear();
        Parameters.ClearGradients();
        _preSums.AsSpan().Clear();
        if (Input.Shape[0] != x.Shape[0])
            (Input, Output, Gradient) = (Like(x), Like(x), Like(x));
        _scaling.Apply(normalization, x, Input);
        for (var row = 0; AppliesDecoderBias && row < x.Shape[0]; row++)
            TensorPrimitives.Subtract(Input.Row(row), Parameters.DecoderBias.Value.Span, Input.Row(row));
    }

    /// <summary>Of (input·W_enc + bias) · scale, what each selector chooses.</summary>
    public SparseBatch[] Encode(TrainingParameter bias, float[]? scale, params RowSelector[] selectors) =>
        _collector.Collect(Input, Parameters.Encoder.View, bias.Value, scale, selectors);

    /// <summary>Says which features fired, for the metrics and the count of the dead.</summary>
    public void Fire(SparseBatch active, float[] activations) => (Active, Activations) = (active, activations);

    /// <summary>Output = Σ v · W_dec + b_dec on the batch's scale; adds its squared error to the losses and to the gradients of W_dec and b_dec.</summary>
    /// <returns>The gradient with respect to v.</returns>
    public float[] Reconstruct(SparseBatch active, float[] v)
    {
        Fill(Output, Parameters.DecoderBias.Value.Span);
        Products.AddRows(active, v, Parameters.Decoder, Output);
        Losses.Add((Names.SquaredError, ErrorOnInputScale(Output, Gradient)));
        AddColumnSums(Gradient, Parameters.DecoderBias.Gradient.Span);
        return Decoded(active, v, Gradient);
    }

    /// <summary>Puts a reconstruction on the batch's scale and compares it with the batch.</summary>
    /// <returns>mean ‖output − x‖²; the gradient, with respect to the reconstruction as it was, is written.</returns>
    public double ErrorOnInputScale(Tensor output, Tensor gradient)
    {
        _scaling.Undo(output);
        var loss = SquaredError(output, X, 1, gradient);
        _scaling.UndoGradient(gradient);
        return loss;
    }

    /// <summary>Adds Σ v · gradient to the gradient of W_dec.</summary>
    /// <returns>The gradient with respect to v: gradient·W_dec.</returns>
    public float[] Decoded(SparseBatch entries, float[] v, Tensor gradient)
    {
        Products.AddOuter(entries, v, gradient, Parameters.Decoder.Gradient);
        return Products.Dots(entries, gradient, Parameters.Decoder);
    }

    /// <summary>Adds what the gradient with respect to pre-activations (before a scale) gives to W_enc, to b_dec through the input, and to a bias.</summary>
    public void Encoded(SparseBatch entries, float[] preGradient, TrainingParameter? bias)
    {
        Products.AddOuter(entries, preGradient, Input, Parameters.Encoder.Gradient);
        entries.AddSums(preGradient, _preSums);
        if (bias is not null)
            entries.AddSums(preGradient, bias.Gradient.Span);
    }

    /// <summary>Adds what the gradient with respect to the decoder rows' norms gives to W_dec.</summary>
    public void Normed(ReadOnlySpan<float> normGradient)
    {
        for (var f = 0; f < normGradient.Length; f++)
        {
            if (normGradient[f] != 0 && DecoderNorms[f] > 0)
                TensorPrimitives.MultiplyAdd(Parameters.Decoder.Value.Row(f), normGradient[f] / DecoderNorms[f], Parameters.Decoder.Gradient.Row(f), Parameters.Decoder.Gradient.Row(f));
        }
    }

    /// <summary>Ends the step: where b_dec is taken from the input, it gets −Σ preGradient·W_enc.</summary>
    public void End()
    {
        if (!AppliesDecoderBias || !_preSums.AsSpan().ContainsAnyExcept(0f))
            return;
        var sum = new float[Parameters.DIn];
        Kernels.MatMul(_preSums, Parameters.Encoder.View, sum);
        TensorPrimitives.Subtract(Parameters.DecoderBias.Gradient.Span, sum, Parameters.DecoderBias.Gradient.Span);
    }

    /// <summary>weight · mean ‖output − target‖² over the rows, and its gradient with respect to the output.</summary>
    public static double SquaredError(Tensor output, Tensor target, double weight, Tensor gradient)
    {
        var rows = output.Shape[0];
        var scale = (float)(2 * weight / rows);
        var sum = 0.0;
        for (var row = 0; row < rows; row++)
        {
            var g = gradient.Row(row);
            TensorPrimitives.Subtract(output.Row(row), target.Row(row), g);
            sum += TensorPrimitives.SumOfSquares<float>(g);
            TensorPrimitives.Multiply(g, scale, g);
        }

        return weight * sum / rows;
    }

    /// <summary>sums += Σ over the rows.</summary>
    public static void AddColumnSums(Tensor rows, Span<float> sums)
    {
        for (var row = 0; row < rows.Shape[0]; row++)
            TensorPrimitives.Add(sums, rows.Row(row), sums);
    }

    /// <summary>Every row becomes these values.</summary>
    public static void Fill(Tensor rows, ReadOnlySpan<float> values)
    {
        for (var row = 0; row < rows.Shape[0]; row++)
            values.CopyTo(rows.Row(row));
    }

    private static float[] Finite(float[] norms) => float.IsFinite(TensorPrimitives.Sum<float>(norms))
        ? norms
        : throw TrainingFaults.RanAway("A decoder row's norm is no longer a number");

    public static Tensor Like(Tensor x) => Tensor.Uninitialized(x.Shape);
}
