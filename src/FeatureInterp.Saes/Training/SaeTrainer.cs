using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>One training's state, and its step: take a batch, compute losses and gradients, clip, move the weights.</summary>
internal sealed class SaeTrainer
{
    private readonly SaeTrainingOptions _options;
    private readonly TrainingRandom _random;
    private readonly MixingBuffer _buffer;
    private readonly FeatureActivity _activity;
    private readonly StepPage _page;
    private readonly Tensor _batch;

    /// <summary>A training at its beginning.</summary>
    public SaeTrainer(IActivationSource source, SaeTrainingOptions options)
    {
        _options = options;
        _random = new TrainingRandom(options.Seed);
        _buffer = new MixingBuffer(source, options.Batches.BufferRows, _random);
        _activity = new FeatureActivity(options.DSae, options.DeadAfterSteps);
        _batch = Tensor.Zeros(options.Batches.Size, source.Width);
        Parameters = new TrainingParameters(options.Objective, source.Width, options.DSae);
        _page = new StepPage(Parameters, options.AppliesDecoderBias, options.Normalization);
    }

    public TrainingParameters Parameters { get; }

    public int StepsDone { get; private set; }

    /// <summary>What activations are multiplied with before anything else: 1, or the factor of <see cref="TrainingNormalization.ExpectedAverageOnlyIn"/>.</summary>
    public double InputFactor { get; private set; } = 1;

    /// <summary>Draws the initial weights and fills the buffer.</summary>
    public void Begin(CancellationToken cancellation)
    {
        Parameters.Initialize(_options.Objective.HasEncoder ? _options.Decoder.InitialNorm : 1, _random);
        _options.Objective.Initialize(Parameters);
        if (_options.Decoder.KeepsUnitNorm)
            NormalizeDecoder();
        _buffer.Fill(cancellation);
        if (_options.Normalization == TrainingNormalization.ExpectedAverageOnlyIn)
            InputFactor = EstimateFactor(_buffer.Slots);
    }

    /// <summary>One step.</summary>
    /// <exception cref="SaeException">The loss is no longer a number.</exception>
    public SaeTrainingQuality Step(CancellationToken cancellation)
    {
        _buffer.Take(_batch, cancellation);
        if (InputFactor != 1)
            TensorPrimitives.Multiply(_batch.Span, (float)InputFactor, _batch.Span);
        var dead = _activity.Dead();
        Compute(_page, _options.Objective, _batch, StepsDone, dead);
        var loss = _page.Losses.Sum(l => l.Value);
        if (!double.IsFinite(loss))
            throw TrainingFaults.RanAway($"The loss is {loss} at step {StepsDone}");
        Move(Parameters, _options, _options.Optimizer.LearningRate.At(StepsDone, _options.Steps), StepsDone + 1);
        StepsDone++;
        var fired = _activity.Add(_page.Active!, _page.Activations);
        return new SaeTrainingQuality(loss, [.. _page.Losses], (double)fired / _batch.Shape[0], ExplainedVariance(_page), (double)dead.Length / _options.DSae);
    }

    /// <summary>Losses and gradients of one batch.</summary>
    public static void Compute(StepPage page, ISaeObjective objective, Tensor batch, long step, int[] dead)
    {
        page.Begin(batch, step, dead);
        objective.Step(page);
        page.End();
    }

    /// <summary>Clips the gradients and moves every weight with Adam.</summary>
    /// <exception cref="SaeException">A gradient is no longer a number.</exception>
    public static void Move(TrainingParameters parameters, SaeTrainingOptions options, double rate, long number)
    {
        if (options.Decoder.KeepsUnitNorm)
            RemoveParallel(parameters.Decoder);
        var adam = options.Optimizer;
        var norm = Math.Sqrt(parameters.All.Sum(p => SumOfSquares(p.Gradient)));
        if (!double.IsFinite(norm))
            throw TrainingFaults.RanAway($"The gradient's norm is {norm} at step {number - 1}");
        var step = new AdamStep(rate, adam.Beta1, adam.Beta2, adam.Epsilon, number, (float)Math.Min(1, adam.MaxGradientNorm / (norm + 1e-6)));
        foreach (var parameter in parameters.All)
            Kernels.Adam(parameter.Gradient.Span, step, parameter.Mean.Span, parameter.Square.Span, parameter.Value.Span);
        if (options.Decoder.KeepsUnitNorm)
            NormalizeRows(parameters.Decoder.Value);
    }

    public float[] LogFrequencies() => _activity.LogFrequencies();

    public void Save(TrainingState state)
    {
        foreach (var p in Parameters.All)
        {
            state.Add(p.Name, p.Value);
            state.Add(p.Name + ".mean", p.Mean);
            state.Add(p.Name + ".square", p.Square);
        }

        state.Add("numbers", [StepsDone, BitConverter.DoubleToInt64Bits(InputFactor), BitConverter.DoubleToInt64Bits(Parameters.TopKThreshold)]);
        state.Add("random", _random.State);
        _buffer.Save(state);
        _activity.Save(state);
    }

    public void Restore(TrainingState state)
    {
        foreach (var p in Parameters.All)
        {
            state.Tensor(p.Name, p.Value.Shape).Span.CopyTo(p.Value.Span);
            state.Tensor(p.Name + ".mean", p.Value.Shape).Span.CopyTo(p.Mean.Span);
            state.Tensor(p.Name + ".square", p.Value.Shape).Span.CopyTo(p.Square.Span);
        }

        var numbers = state.Integers("numbers", 3);
        if (numbers[0] < 0 || numbers[0] > _options.Steps)
            throw state.Fault($"it is of step {numbers[0]} of {_options.Steps}");
        StepsDone = (int)numbers[0];
        InputFactor = BitConverter.Int64BitsToDouble(numbers[1]);
        Parameters.TopKThreshold = BitConverter.Int64BitsToDouble(numbers[2]);
        _random.State = state.Integers("random", 4);
        _buffer.Restore(state);
        _activity.Restore(state);
    }

    private static double EstimateFactor(Tensor rows)
    {
        var sum = 0.0;
        for (var r = 0; r < rows.Shape[0]; r++)
            sum += TensorPrimitives.Norm<float>(rows.Row(r));
        var factor = Math.Sqrt(rows.Shape[1]) * rows.Shape[0] / sum;
        return double.IsFinite(factor) ? factor : throw new SaeException("All activations are zero, so there is no factor that brings them to the usual size.");
    }

    private static double SumOfSquares(Tensor gradient)
    {
        var (sum, width) = (0.0, 1 << 12);
        for (var at = 0; at < gradient.Length; at += width)
            sum += TensorPrimitives.SumOfSquares<float>(gradient.Span.Slice(at, Math.Min(width, gradient.Length - at)));
        return sum;
    }

    private static void RemoveParallel(TrainingParameter decoder)
    {
        for (var f = 0; f < decoder.Value.Shape[0]; f++)
        {
            Span<float> w = decoder.Value.Row(f), g = decoder.Gradient.Row(f);
            var square = TensorPrimitives.SumOfSquares<float>(w);
            if (square > 0)
                TensorPrimitives.MultiplyAdd(w, -TensorPrimitives.Dot<float>(g, w) / square, g, g);
        }
    }

    private void NormalizeDecoder() => NormalizeRows(Parameters.Decoder.Value);

    private static void NormalizeRows(Tensor rows)
    {
        for (var f = 0; f < rows.Shape[0]; f++)
        {
            var norm = TensorPrimitives.Norm<float>(rows.Row(f));
            if (norm > 0)
                TensorPrimitives.Divide(rows.Row(f), norm, rows.Row(f));
        }
    }

    private static double ExplainedVariance(StepPage page)
    {
        int rows = page.X.Shape[0], width = page.X.Shape[1];
        var mean = new float[width];
        StepPage.AddColumnSums(page.X, mean);
        TensorPrimitives.Divide(mean, rows, mean);
        var (error, variance) = (0.0, 0.0);
        for (var r = 0; r < rows; r++)
        {
            var (off, away) = (TensorPrimitives.Distance<float>(page.X.Row(r), page.Output.Row(r)), TensorPrimitives.Distance<float>(page.X.Row(r), mean));
            error += (double)off * off;
            variance += (double)away * away;
        }

        return variance > 0 ? 1 - error / variance : double.NaN;
    }
}
