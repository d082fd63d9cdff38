using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// An SAE in the place of its hook in one gradient run (<see cref="Transformer.Gradient(Prompts, LogitMetric, HookSelection?, IReadOnlyList{GradientEdit}?, int, Tensor?, CancellationToken)"/>),
/// as SAELens's attribution tutorial has it: f = encode(x), out = decode(f), and the model goes on with out, or with out + error where the error x − out is
/// a constant. So a gradient goes on upstream through decoder, the features that fired and encoder, never through the error. Gradients go back through
/// normalisations, which SAELens does not detach, and through a skip transcoder's x·W_skipᵀ; which features fire (gate, threshold, the k largest) has none.
/// A transcoder reads at one hook and takes the place of another. Holds one run's numbers: make one for each run.
/// </summary>
public sealed class SaeGradient
{
    private readonly bool _errorTerm;
    private readonly SaePath? _path;
    private readonly Tensor? _norms;
    private Tensor? _x;
    private Tensor? _back;

    /// <summary>Makes ready.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="errorTerm">Whether the error is added back as a constant, so that the run's numbers are the model's own.</param>
    /// <param name="path">Features given in the place of those that fire; nothing goes on upstream then. Null for those that fire.</param>
    /// <exception cref="SaeException">A temporal or matching pursuit SAE, whose features have no such gradient here; or its files do not say where it belongs.</exception>
    public SaeGradient(SparseAutoencoder sae, bool errorTerm = true, SaePath? path = null)
    {
        var kind = sae.Config switch { { Temporal: not null } => "a temporal SAE", { Pursuit: not null } => "a matching pursuit SAE", _ => null };
        if (kind is not null)
            throw new SaeException($"{sae.Name} is {kind}: gradients go through standard, JumpReLU, gated and TopK SAEs and transcoders only; ablate its features instead.");
        (Sae, _errorTerm, _path) = (sae, errorTerm, path);
        _norms = sae.Config.TopK is { RescaleByDecoderNorm: true } ? sae.Weights.Decoder.Norms() : null;
        Edits = sae.Config.IsTranscoder
            ? [new GradientEdit(sae.Config.Hook.ToString(), ReadBeside), new GradientEdit(sae.HookWritten.ToString(), Write)]
            : [new GradientEdit(sae.Config.Hook.ToString(), value =>
            {
                Read(value);
                return Write(value);
            })];
    }

    /// <summary>The SAE.</summary>
    public SparseAutoencoder Sae { get; }

    /// <summary>What the run is given: one edit, two for a transcoder.</summary>
    public IReadOnlyList<GradientEdit> Edits { get; }

    /// <summary>What fires, of all prompts' tokens one after another; on a path too what fires by itself.</summary>
    /// <exception cref="SaeException">No run has been made with this.</exception>
    public SparseFeatures Features { get => Made(field); private set; }

    /// <summary>What the SAE fails to reconstruct, x − decode(f), [row, d_out], whether it is added back or not.</summary>
    /// <exception cref="SaeException">No run has been made with this.</exception>
    public Tensor Error { get => Made(field); private set; }

    /// <summary>d(metric)/d(what the model goes on with), [row, d_out].</summary>
    /// <exception cref="SaeException">No gradient has come here.</exception>
    public Tensor OutputGradient { get => Made(field); private set; }

    /// <summary>d(metric)/d(f·W_dec), [row, d_out]: <see cref="OutputGradient"/> on the SAE's own scale.</summary>
    /// <exception cref="SaeException">No gradient has come here.</exception>
    public Tensor DecoderGradient { get => Made(field); private set; }

    /// <summary>d(metric)/dx as far as it goes through the features, [row, d_in]; zeros on a path.</summary>
    /// <exception cref="SaeException">No gradient has come here.</exception>
    public Tensor InputGradient { get => Made(_back); private set => _back = value; }

    /// <summary>d(metric)/df for every feature, [row, d_sae], those that did not fire too.</summary>
    /// <exception cref="SaeException">No gradient has come here.</exception>
    public Tensor DenseGradients()
    {
        var dense = Tensor.Uninitialized(DecoderGradient.Shape[0], Sae.Config.DSae);
        var everything = new int[Sae.Config.DSae];
        for (var f = 0; f < everything.Length; f++)
            everything[f] = f;
        var all = new SparseFeatures(Sae.Config.DSae);
        for (var t = 0; t < dense.Shape[0]; t++)
            all.AddToken(everything, dense.Row(t));
        FeatureGradients.Of(all, Sae.DecoderInUse, DecoderGradient).CopyTo(dense.Span);
        return dense;
    }

    /// <summary>d(metric)/df for some features of some tokens: gradient · W_decᵀ.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="at">Which; as many tokens as the gradient has.</param>
    /// <param name="decoderGradient">A <see cref="DecoderGradient"/>, or the mean of several, [token, d_out].</param>
    /// <returns>As many as <paramref name="at"/> has, in its order.</returns>
    public static float[] Of(SparseAutoencoder sae, SparseFeatures at, Tensor decoderGradient) => decoderGradient.Shape is [var tokens, var width] && tokens == at.Tokens && width == sae.Config.DOut
        ? FeatureGradients.Of(at, sae.DecoderInUse, decoderGradient)
        : throw new SaeException($"The gradient is {decoderGradient}, but {at.Tokens} tokens of {sae.Name} need [{at.Tokens}, {sae.Config.DOut}].");

    private void Read(HookValue value)
    {
        _x = Sae.Flat(Rows(value)).Clone();                                         // [row, d_in]
        Features = Sae.Encode(_x);
    }

    // What a transcoder reads goes on in the model too: its gradient is added to the one from there.
    private Pullback ReadBeside(HookValue value)
    {
        Read(value);
        return gradient =>
        {
            if (_back is { } back)
                TensorPrimitives.Add(gradient.Rows!.Span, back.Span, gradient.Rows.Span);
        };
    }

    private Pullback Write(HookValue value)
    {
        var x = _x ?? throw new SaeException($"{Sae.Name} writes {Sae.HookWritten} before the run comes to {Sae.Config.Hook}, which it reads; start the run earlier.");
        var y = Rows(value).Reshape(x.Shape[0], Sae.Config.DOut);
        var scaling = TokenScaling.Apply(Sae.Config, x.Clone());
        if (Sae.Config.IsTranscoder)
            scaling = null;                                                         // its output is on its own scale
        var decoded = Sae.Decode(Features);
        var output = Output(decoded.Clone(), x, scaling);
        Error = Tensor.Uninitialized(y.Shape);
        TensorPrimitives.Subtract(y.Span, output.Span, Error.Span);
        if (_path is not null)
            output = Output(Sae.Decode(OnPath(value.Batch)), x, scaling);
        if (_path is not null || !_errorTerm)
            output.Span.CopyTo(y.Span);
        if (_path is not null && _errorTerm)
            TensorPrimitives.Add(y.Span, Error.Span, y.Span);

        return gradient =>
        {
            var g = gradient.Rows!.Reshape(y.Shape);
            OutputGradient = g.Clone();
            DecoderGradient = g.Clone();
            scaling?.Scale(DecoderGradient);
            InputGradient = _path is null ? ToInput(x, scaling is null ? null : decoded) : Tensor.Zeros(x.Shape);
            if (Sae.Config.IsTranscoder)
                g.Span.Clear();                                                     // what stood there is part of the error, a constant
            else
                InputGradient.Span.CopyTo(g.Span);
        };
    }

    private Tensor Output(Tensor decoded, Tensor x, TokenScaling? scaling)
    {
        scaling?.Undo(decoded);
        if (Sae.Weights.Skip is not { } skip)
            return decoded;
        var skipped = Tensor.Uninitialized(decoded.Shape);
        TokenLinear.Apply(x, skip, skipped);
        TensorPrimitives.Add(decoded.Span, skipped.Span, decoded.Span);
        return decoded;
    }

    private SparseFeatures OnPath(TokenBatch batch)
    {
        if (_path!.Shares.Count != batch.Count)
            throw new SaeException($"The path has {_path.Shares.Count} shares, but the run has {batch.Count} prompts; give one for each.");
        var features = new SparseFeatures(Sae.Config.DSae);
        for (var p = 0; p < batch.Count; p++)
        {
            if (_path.Baseline is { } from && !from.Shape.SequenceEqual([batch.Length(p), Sae.Config.DSae]))
                throw new SaeException($"The baseline is {from}, but prompt {p} needs [{batch.Length(p)}, {Sae.Config.DSae}].");
            _path.Add(Features, batch.FirstRow(p), batch.Length(p), _path.Shares[p], features);
        }

        return features;
    }

    // dL/dx = back through norm and skip of (dL/df at what fired, times d(f)/d(y·W_enc)) · W_encᵀ
    private Tensor ToInput(Tensor x, Tensor? decoded)
    {
        var gradients = FeatureGradients.Of(Features, Sae.DecoderInUse, DecoderGradient);
        var through = new SparseFeatures(Sae.Config.DSae);
        for (int t = 0, i = 0; t < Features.Tokens; t++)
        {
            var fired = Features.On(t);
            through.AddToken([.. fired.Select(f => f.Feature)], [.. fired.Select(f => gradients[i++] * Slope(f.Feature))]);
        }

        var result = Tensor.Zeros(x.Shape);
        SparseDecoder.Add(through, Sae.Weights.Encoder!, result);
        ScalingGradient.Back(Sae.Config, x, decoded, OutputGradient, result);
        if (Sae.Weights.Skip is not { } skip)
            return result;
        var beside = Tensor.Uninitialized(x.Shape);
        Kernels.MatMul(OutputGradient.Span, skip, beside.Span);
        TensorPrimitives.Add(result.Span, beside.Span, result.Span);
        return result;
    }

    // d(f)/d(y·W_enc) where f fires.
    private float Slope(int feature) => Sae.Weights.Gate is { } gate ? MathF.Exp(gate.LogScale.Span[feature]) : _norms?.Span[feature] ?? 1;

    private Tensor Rows(HookValue value) => value.Rows
        ?? throw new SaeException($"{value.Point} has a matrix for each head, which {Sae.Name} cannot stand for.");

    private static T Made<T>(T? value)
        where T : class => value ?? throw new SaeException("No gradient run has been made with this SaeGradient; give its Edits to model.Gradient first.");
}
