using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// What else an SAE could have been meant for: each trial changes one thing and says how much the SAE then explains. They look only at
/// the first tokens of each text, where they are cheap and a missing BOS shows.
/// </summary>
internal sealed class CheckTrials
{
    // How much less half and twice the right size explain.
    private const double Peak = 0.1;

    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;
    private readonly CheckTokens _tokens;
    private readonly FitProbe _here;
    private readonly CancellationToken _cancellation;
    private readonly List<SaeAlternative> _tried = [];

    public CheckTrials(Transformer model, SparseAutoencoder sae, CheckTokens tokens, FitProbe here, CancellationToken cancellation)
    {
        (_model, _sae, _tokens, _here, _cancellation) = (model, sae, tokens.First(CheckTokens.Early), here.First(CheckTokens.Early), cancellation);
        Present = _here.ExplainedVariance(x => sae.Reconstruct(x));
    }

    /// <summary>What the SAE explains as it is used, on the tokens of the trials.</summary>
    public double Present { get; }

    /// <summary>What was tried, in order.</summary>
    public IReadOnlyList<SaeAlternative> Tried => _tried;

    /// <summary>The trials that are cheap and catch what a good-looking number hides: next layers, BOS, size, weight processing.</summary>
    public void Quick()
    {
        Layers([-1, 1]);
        Bos();
        Processing();
        foreach (var factor in new[] { 0.8, 1.25 })
            Scale(factor);
    }

    /// <summary>All the others, once something is wrong.</summary>
    /// <param name="expectedL0">How many features should fire; null when it is not known.</param>
    public void Thorough(double? expectedL0)
    {
        Layers([.. Enumerable.Range(-_sae.Config.Hook.Layer, _model.Config.Layers).Where(s => Math.Abs(s) > 1)]);
        Normalizations();
        Scales();
        Activations(expectedL0);
    }

    private void Layers(int[] shifts)
    {
        foreach (var (shift, probe) in FitProbe.Run(_model, _sae.Config, _tokens, shifts, _cancellation))
            Add(SaeMisfit.WrongLayer, $"at {_sae.Config.Hook with { Layer = _sae.Config.Hook.Layer + shift }}", probe.ExplainedVariance(x => _sae.Reconstruct(x)));
    }

    private void Bos()
    {
        if (_tokens.Flipped() is not { } flipped)
            return;
        var probe = FitProbe.Run(_model, _sae.Config, flipped, [0], _cancellation)[0];
        Add(
            _tokens.BeginWithBos ? SaeMisfit.UnwantedBos : SaeMisfit.MissingBos,
            _tokens.BeginWithBos ? "of texts without the beginning-of-sequence token" : "of texts that begin with the beginning-of-sequence token",
            probe.ExplainedVariance(x => _sae.Reconstruct(x)));
    }

    private void Processing()
    {
        var other = _model.WithProcessing(_model.Processing.IsNone ? WeightProcessing.Standard : WeightProcessing.None);
        var probe = FitProbe.Run(other, _sae.Config, _tokens, [0], _cancellation)[0];
        Add(SaeMisfit.ProcessedWeights, $"in the model with weight processing '{other.Processing}'", probe.ExplainedVariance(x => _sae.Reconstruct(x)));
    }

    private void Normalizations()
    {
        foreach (var kind in new[] { SaeNormalization.None, SaeNormalization.ConstantNormRescale, SaeNormalization.LayerNorm })
        {
            if (kind != _sae.Config.Normalization && !_sae.Config.IsTranscoder)
                Add(SaeMisfit.Scaling, $"with normalisation '{kind}'", _sae.Under(_sae.Config with { Normalization = kind }));
        }
    }

    // Only measured: which size is the right one, if any, is judged once all are there.
    private double Scale(double factor)
    {
        var explained = _here.ExplainedVariance(x => Times(_sae.Reconstruct(Times(x, factor)), 1 / factor));
        Add(SaeMisfit.None, Size(factor), explained);
        return explained;
    }

    // The size that activations are usually brought to, √d_in on average; then powers of two; then closer around the best. Where size
    // matters there is a best one, with worse ones on both sides; where an SAE that explains much
    // only shrinks a little, larger is better without end.
    private void Scales()
    {
        // Activations that are normalised token by token have the same size whatever they are multiplied with.
        if (_sae.Config.Normalization is SaeNormalization.ConstantNormRescale or SaeNormalization.LayerNorm)
            return;
        var norm = _here.MeanNorm;
        if (!(norm > 0 && double.IsFinite(norm)))
            return;
        var root = Math.Sqrt(_sae.Config.DIn) / norm;
        var best = new[] { root, 1 / root }.Concat(Enumerable.Range(-6, 13).Where(e => e != 0).Select(e => Math.Pow(2, e))).Select(f => (Factor: f, Explained: Scale(f))).MaxBy(t => t.Explained);
        for (var step = Math.Sqrt(2); step > 1.05; step = Math.Sqrt(step))
        {
            foreach (var factor in new[] { best.Factor / step, best.Factor * step })
            {
                if (Scale(factor) is var explained && explained > best.Explained)
                    best = (factor, explained);
            }
        }

        if (Present < CheckJudge.GoodExplained || best.Explained - Math.Max(Scale(best.Factor / 2), Scale(best.Factor * 2)) >= Peak)
            Add(SaeMisfit.Scaling, Size(best.Factor), best.Explained);
    }

    private static string Size(double factor) => string.Create(CultureInfo.InvariantCulture, $"of activations times {factor:G3}");

    private void Activations(double? expectedL0)
    {
        if (_sae.Config.Architecture == SaeArchitecture.JumpReLU && _sae.Weights.Threshold is { } threshold)
        {
            foreach (var factor in new[] { 0, 0.1, 0.3, 3, 10 })
                Add(SaeMisfit.Scaling, string.Create(CultureInfo.InvariantCulture, $"with thresholds times {factor:G3}"), _sae.Under(_sae.Config, _sae.Weights with { Threshold = Times(threshold, factor) }));
        }

        if (_sae.Config.Architecture is SaeArchitecture.Standard or SaeArchitecture.JumpReLU)
        {
            foreach (var k in expectedL0 is { } l0 ? [Math.Clamp((int)Math.Round(l0), 1, _sae.Config.DSae)] : new[] { 16, 32, 64, 128 }.Where(k => k < _sae.Config.DSae))
                Add(SaeMisfit.WrongActivation, $"with only the {k} largest features of a token", _sae.Under(_sae.Config with { Architecture = SaeArchitecture.TopK, TopK = new SaeTopK(k) }));
        }
    }

    private void Add(SaeMisfit cause, string what, SparseAutoencoder other) => Add(cause, what, _here.ExplainedVariance(x => other.Reconstruct(x)));

    private void Add(SaeMisfit cause, string what, double explained)
    {
        _cancellation.ThrowIfCancellationRequested();
        _tried.Add(new SaeAlternative(cause, what, Present, explained));
    }

    private static Tensor Times(Tensor x, double factor)
    {
        var scaled = Tensor.Uninitialized(x.Shape);
        TensorPrimitives.Multiply(x.Span, (float)factor, scaled.Span);
        return scaled;
    }
}
