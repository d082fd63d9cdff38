using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// A sparse autoencoder: f = act((x − b_dec)·W_enc + b_enc), x̂ = f·W_dec + b_dec, with the choices of <see cref="SaeConfig"/>.
/// Computed as SAELens 6 does; weights stay mapped in their file. Safe for use by several threads at once.
/// </summary>
public sealed class SparseAutoencoder
{
    // Rows are encoded in blocks whose dense features take no more than this many values (16 MB).
    private const int BlockValues = 1 << 22;

    private readonly SaeWeights _w;
    private string? _weightsHash;

    private readonly SaeFiles _files;

    private SparseAutoencoder(string folder, SaeFiles files)
    {
        Folder = folder;
        Name = Path.GetFileName(folder.TrimEnd(Path.DirectorySeparatorChar));
        _files = files;
        _w = files.Weights;
    }

    /// <summary>What the SAE is called: the last part of its folder.</summary>
    public string Name { get; }

    /// <summary>Where its files are.</summary>
    public string Folder { get; }

    /// <summary>What it says of itself.</summary>
    public SaeConfig Config => _files.Config;

    /// <summary>The layout its files were recognised as, such as <c>SAELens (cfg.json, sae_weights.safetensors)</c>.</summary>
    public string Layout => _files.Layout.Title;

    /// <summary>The fingerprint of the weight files, computed when first asked for; see <see cref="FileFingerprint"/>.</summary>
    public string WeightsHash => _weightsHash ??= FileFingerprint.Of(_files.Files);

    /// <summary>Loads an SAE. Its layout is found by looking at the files.</summary>
    /// <param name="nameOrFolder">Its folder or file, or the name of one under <c>data/saes</c>.</param>
    /// <param name="options">What the files do not say; null for nothing.</param>
    /// <exception cref="ModelFileException">The folder or a file in it is not there or cannot be used.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged or does not fit the configuration.</exception>
    /// <exception cref="SaeException">The SAE is of a kind that cannot be computed here.</exception>
    public static SparseAutoencoder Load(string nameOrFolder, SaeLoadOptions? options = null)
    {
        var folder = DataFolder.Resolve(nameOrFolder, "saes");
        return new SparseAutoencoder(folder, SaeLayouts.Read(folder, options ?? new SaeLoadOptions()));
    }

    /// <summary>Its arrays.</summary>
    internal SaeWeights Weights => _w;

    /// <summary>The files that hold them.</summary>
    internal IReadOnlyList<string> WeightFiles => _files.Files;

    /// <summary>The same SAE under another configuration or with other arrays, to see what that would give.</summary>
    internal SparseAutoencoder Under(SaeConfig config, SaeWeights? weights = null) => new(Folder, _files with { Config = config, Weights = weights ?? _w });

    /// <summary>Checks that this SAE can stand in a model, and gives it back.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="SaeException">The hook is not there or has another width; the message says which.</exception>
    public SparseAutoencoder For(Transformer model)
    {
        SaeFit.Check(this, model);
        return this;
    }

    /// <summary>What is odd about using this SAE in a model, though it can be computed; see <see cref="SaeFit"/>.</summary>
    /// <param name="model">The model.</param>
    /// <returns>A sentence for each; none for a pair that belongs together.</returns>
    public IReadOnlyList<string> Warnings(Transformer model) => SaeFit.Warnings(this, model);

    /// <summary>This SAE in the place of its hook, for <see cref="Transformer.Run"/>'s argument 'splice'.</summary>
    /// <param name="errorTerm">Whether what the SAE fails to reconstruct is added back, so that without edits the model goes on as if the SAE were not there.</param>
    public ISplice Splice(bool errorTerm = false) => new SaeSplice(this, errorTerm);

    /// <summary>The features that fire.</summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <param name="cancellation">Looked at between blocks of tokens.</param>
    public SparseFeatures Encode(Tensor x, CancellationToken cancellation = default)
    {
        var features = new SparseFeatures(Config.DSae);
        var rows = Math.Max(1, BlockValues / Config.DSae);
        for (var first = 0; first < x.Shape[0]; first += rows)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = EncodeDense(x.Rows(first, Math.Min(rows, x.Shape[0] - first)));
            for (var t = 0; t < block.Shape[0]; t++)
                features.AddToken(block.Row(t));
        }

        return features;
    }

    /// <summary>Every feature's activation.</summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <returns>[token, d_sae]</returns>
    public Tensor EncodeDense(Tensor x)
    {
        var input = Prepare(Flat(x).Clone(), out _);
        return Activate(PreActivations(input));
    }

    /// <summary>The activations of some features only; reads only their columns of W_enc.</summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <param name="features">The features.</param>
    /// <returns>[token, features]</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such feature.</exception>
    public Tensor EncodeFeatures(Tensor x, ReadOnlySpan<int> features)
    {
        foreach (var f in features)
        {
            if ((uint)f >= (uint)Config.DSae)
                throw new ArgumentOutOfRangeException(nameof(features), $"There is no feature {f}; {Name} has features 0 to {Config.DSae - 1}.");
        }

        var input = Prepare(Flat(x).Clone(), out _);
        var acts = Tensor.Uninitialized(input.Shape[0], features.Length);
        _w.Encoder!.Encode(input, features, acts);
        for (var t = 0; t < acts.Shape[0]; t++)
        {
            var row = acts.Row(t);
            for (var i = 0; i < row.Length; i++)
                row[i] = Activate(row[i] + _w.EncoderBias!.Span[features[i]], features[i]);
        }

        return acts;
    }

    /// <summary>What features decode to: f·W_dec + b_dec. Only the rows of features that fired are read.</summary>
    /// <param name="features">The features.</param>
    /// <returns>[token, d_in]; on the SAE's own scale when it normalises its input.</returns>
    public Tensor Decode(SparseFeatures features)
    {
        var result = Biased(features.Tokens);
        foreach (var f in features)
            _w.Decoder.Add(f.Feature, f.Value, result.Row(f.Token));
        return result;
    }

    /// <summary>What dense features decode to: f·W_dec + b_dec. Zeros cost nothing.</summary>
    /// <param name="features">[token, d_sae]</param>
    /// <returns>[token, d_in]; on the SAE's own scale when it normalises its input.</returns>
    public Tensor Decode(Tensor features)
    {
        var result = Biased(features.Shape[0]);
        for (var t = 0; t < features.Shape[0]; t++)
        {
            var row = features.Row(t);
            for (var f = 0; f < row.Length; f++)
            {
                if (row[f] != 0)
                    _w.Decoder.Add(f, row[f], result.Row(t));
            }
        }

        return result;
    }

    /// <summary>What is left of an input after encoding and decoding, on the input's own scale and in its shape.</summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    public Tensor Reconstruct(Tensor x)
    {
        var input = Prepare(Flat(x).Clone(), out var scaling);
        var result = Decode(Activate(PreActivations(input)));
        scaling?.Undo(result);
        return result.Reshape(x.Shape);
    }

    /// <summary>The direction a feature writes: row <paramref name="feature"/> of W_dec, [d_in].</summary>
    /// <param name="feature">The feature.</param>
    public float[] Direction(int feature)
    {
        var row = new float[Config.DOut];
        _w.Decoder.Copy(feature, row);
        return row;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Config.Architecture} SAE, {Config.DSae} features of {Config.Hook} (d_in {Config.DIn}), trained on {Config.ModelName ?? "an unnamed model"}";

    /// <summary>[token, head, d_head] as [token, head · d_head]; checks the width.</summary>
    internal Tensor Flat(Tensor x)
    {
        if (x.Rank < 2 || x.Shape[0] == 0 || x.Length / x.Shape[0] != Config.DIn || (x.Rank > 2 && !Config.FlattensHeads))
            throw new SaeException($"{Name} encodes [token, {Config.DIn}], but was given {x}.");
        return x.Reshape(x.Shape[0], Config.DIn);
    }

    /// <summary>Normalises the input and takes b_dec from it, in place.</summary>
    internal Tensor Prepare(Tensor x, out TokenScaling? scaling)
    {
        scaling = TokenScaling.Apply(Config.Normalization, x);
        if (Config.ApplyBDecToInput)
        {
            for (var t = 0; t < x.Shape[0]; t++)
                TensorPrimitives.Subtract(x.Row(t), _w.DecoderBias.Span, x.Row(t));
        }

        return x;
    }

    /// <summary>x·W_enc + b_enc, [token, d_sae].</summary>
    internal Tensor PreActivations(Tensor x)
    {
        var pre = Tensor.Uninitialized(x.Shape[0], Config.DSae);
        _w.Encoder!.Encode(x, pre);
        for (var t = 0; t < pre.Shape[0]; t++)
            TensorPrimitives.Add(pre.Row(t), _w.EncoderBias!.Span, pre.Row(t));
        return pre;
    }

    /// <summary>Pre-activations to features, in place.</summary>
    internal Tensor Activate(Tensor pre)
    {
        for (var t = 0; t < pre.Shape[0]; t++)
        {
            var row = pre.Row(t);
            for (var f = 0; f < row.Length; f++)
                row[f] = Activate(row[f], f);
        }

        return pre;
    }

    // Written with "not below" so that a NaN comes through and is seen, as it does in SAELens.
    private float Activate(float pre, int feature) =>
        pre <= 0 || (_w.Threshold is { } threshold && pre <= threshold.Span[feature]) ? 0 : pre;

    private Tensor Biased(int tokens)
    {
        var result = Tensor.Uninitialized(tokens, Config.DOut);
        for (var t = 0; t < tokens; t++)
            _w.DecoderBias.Span.CopyTo(result.Row(t));
        return result;
    }
}
