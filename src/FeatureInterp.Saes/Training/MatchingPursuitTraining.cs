using System.Text.Json.Nodes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Matching pursuit (Mallat and Zhang 1993; as an SAE, Costa et al. 2025): features are found one after another, each the decoder row that fits best to what is left of
/// the input, and what it explains is taken away. There is no encoder. Loss = mean ‖x − x̂‖², with a gradient through the whole pursuit.
/// </summary>
public sealed record MatchingPursuitTraining : ISaeObjective
{
    /// <summary>A token is done when the norm of what is left falls below this.</summary>
    public double ResidualThreshold { get; init; } = 0.01;

    /// <summary>The most rounds a token gets; null for as many as the input has dimensions.</summary>
    public int? MaxIterations { get; init; }

    /// <summary>Whether a token is done when a feature is chosen again.</summary>
    public bool StopOnDuplicate { get; init; } = true;

    /// <inheritdoc/>
    public string Architecture => "matching_pursuit";

    bool ISaeObjective.HasEncoder => false;

    IReadOnlyList<string> ISaeObjective.Vectors => [];

    JsonObject ISaeObjective.Details => new() { ["residual_threshold"] = ResidualThreshold, ["max_iterations"] = MaxIterations, ["stop_on_duplicate_support"] = StopOnDuplicate };

    void ISaeObjective.Validate(SaeTrainingOptions options)
    {
        TrainingFaults.NotNegative(ResidualThreshold, nameof(ResidualThreshold));
        TrainingFaults.Between(MaxIterations ?? 1, 1, 1 << 20, nameof(MaxIterations));
        if (options.Normalization == TrainingNormalization.ExpectedAverageOnlyIn)
            throw new SaeException($"{nameof(TrainingNormalization.ExpectedAverageOnlyIn)} cannot be folded into an SAE whose decoder also encodes; use another normalisation for matching pursuit.");
    }

    void ISaeObjective.Step(StepPage page)
    {
        var p = page.Parameters;
        var pursuit = new Pursuit(p.Decoder, page.Input, this);
        var active = pursuit.Features();
        page.Fire(active, active.Values);

        // Without b_dec on the input side there is none on the output side either.
        StepPage.Fill(page.Output, page.AppliesDecoderBias ? p.DecoderBias.Value.Span : new float[p.DIn]);
        page.Products.AddRows(active, active.Values, p.Decoder, page.Output);
        page.Losses.Add((Names.SquaredError, page.ErrorOnInputScale(page.Output, page.Gradient)));
        var gradient = page.Decoded(active, active.Values, page.Gradient);
        var inputGradient = pursuit.Back(active, gradient, p.Decoder.Gradient);
        if (!page.AppliesDecoderBias)
            return;
        StepPage.AddColumnSums(page.Gradient, p.DecoderBias.Gradient.Span);
        TensorPrimitives.Negate(inputGradient.Span, inputGradient.Span);
        StepPage.AddColumnSums(inputGradient, p.DecoderBias.Gradient.Span);
    }

    void ISaeObjective.Export(TrainingParameters parameters, SaeExport export)
    {
        export.Config["residual_threshold"] = ResidualThreshold;
        export.Config["max_iterations"] = MaxIterations;
        export.Config["stop_on_duplicate_support"] = StopOnDuplicate;
    }

    // One batch's pursuit, round by round, and its gradient backwards.
    private sealed class Pursuit
    {
        private readonly TrainingParameter _decoder;
        private readonly Tensor _left;
        private readonly List<(int Feature, float Value)>[] _rounds;

        public Pursuit(TrainingParameter decoder, Tensor input, MatchingPursuitTraining options)
        {
            _decoder = decoder;
            _left = input.Clone();
            _rounds = [.. Enumerable.Range(0, input.Shape[0]).Select(_ => new List<(int, float)>())];
            var open = Enumerable.Range(0, input.Shape[0]).ToList();
            for (var round = 0; round < (options.MaxIterations ?? input.Shape[1]) && open.Count > 0; round++)
                open = Round(open, options);
        }

        /// <summary>What each token's rounds add up to.</summary>
        public SparseBatch Features()
        {
            var starts = new int[_rounds.Length + 1];
            var (features, values) = (new List<int>(), new List<float>());
            for (var row = 0; row < _rounds.Length; row++)
            {
                foreach (var feature in _rounds[row].GroupBy(r => r.Feature).OrderBy(g => g.Key))
                {
                    features.Add(feature.Key);
                    values.Add(feature.Sum(r => r.Value));
                }

                starts[row + 1] = features.Count;
            }

            return new SparseBatch(starts, [.. features], [.. values], _decoder.Value.Shape[0]);
        }

        /// <summary>Adds to the decoder's gradient what comes through the choice of values; gives the gradient with respect to the input.</summary>
        public Tensor Back(SparseBatch active, float[] valueGradient, Tensor decoderGradient)
        {
            var inputGradient = Tensor.Zeros(_left.Shape);
            for (var row = 0; row < _rounds.Length; row++)
            {
                Span<float> left = _left.Row(row), g = inputGradient.Row(row);
                var entries = active.Features.AsSpan(active.Starts[row], active.Starts[row + 1] - active.Starts[row]);
                for (var t = _rounds[row].Count - 1; t >= 0; t--)
                {
                    // left' = left − v·w with v = left·w
                    var (feature, value) = _rounds[row][t];
                    var w = _decoder.Value.Row(feature);
                    TensorPrimitives.MultiplyAdd(w, value, left, left);
                    var slope = valueGradient[active.Starts[row] + entries.BinarySearch(feature)] - TensorPrimitives.Dot<float>(g, w);
                    TensorPrimitives.MultiplyAdd(g, -value, decoderGradient.Row(feature), decoderGradient.Row(feature));
                    TensorPrimitives.MultiplyAdd(w, slope, g, g);
                    TensorPrimitives.MultiplyAdd(left, slope, decoderGradient.Row(feature), decoderGradient.Row(feature));
                }
            }

            return inputGradient;
        }

        private List<int> Round(List<int> open, MatchingPursuitTraining options)
        {
            var dIn = _left.Shape[1];
            var (rows, fits) = (Tensor.Uninitialized(open.Count, dIn), Tensor.Uninitialized(open.Count, _decoder.Value.Shape[0]));
            for (var i = 0; i < open.Count; i++)
                _left.Row(open[i]).CopyTo(rows.Row(i));
            Kernels.Linear(rows.Span, _decoder.View, fits.Span);
            var next = new List<int>();
            for (var i = 0; i < open.Count; i++)
            {
                var best = TensorPrimitives.IndexOfMax<float>(fits.Row(i));
                var value = fits.Row(i)[best];
                if (!(value > 0))
                    continue;
                var isAgain = _rounds[open[i]].Exists(r => r.Feature == best);
                _rounds[open[i]].Add((best, value));
                var left = _left.Row(open[i]);
                TensorPrimitives.MultiplyAdd(_decoder.Value.Row(best), -value, left, left);
                if (!(isAgain && options.StopOnDuplicate) && !(TensorPrimitives.Norm<float>(left) < options.ResidualThreshold))
                    next.Add(open[i]);
            }

            return next;
        }
    }
}
