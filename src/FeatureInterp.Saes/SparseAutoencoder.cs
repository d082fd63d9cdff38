using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// A sparse autoencoder: f = act(y·W_enc + b_enc) with y = norm(x) − b_dec, x̂ = norm⁻¹(f·W_dec + b_dec), with the choices of
/// <see cref="SaeConfig"/>; see <see cref="SaeArchitecture"/> for the kinds of act. Computed as SAELens 6 does, in fp32 whatever the type
/// of the file; weights stay mapped in it. A NaN in an input or a weight shows as a NaN in what comes out. Safe for use by several
/// threads at once.
/// </summary>
public sealed partial class SparseAutoencoder
{
    // Rows are encoded in blocks whose dense features take no more than this many values (16 MB).
    private const int BlockValues = 1 << 22;

    private readonly SaeFiles _files;
    private readonly SaeWeights _w;
    private readonly FeatureRule _rule;
    private readonly SaeMatrix _decoder;
    private string? _weightsHash;

    private SparseAutoencoder(string folder, SaeFiles files, IReadOnlyList<string> loadWarnings, string? name)
    {
        Folder = folder;
        Name = name ?? Path.GetFileName(folder.TrimEnd(Path.DirectorySeparatorChar));
        LoadWarnings = loadWarnings;
        _files = files;
        _w = files.Weights;
        var norms = Config.TopK is { RescaleByDecoderNorm: true } ? _w.Decoder.Norms() : null;
        _rule = FeatureRule.Of(Config, _w, norms);
        _decoder = norms is null ? _w.Decoder : _w.Decoder.Times(SaeFolds.Inverse(norms));
    }

    /// <summary>What the SAE is called: RELEASE/ID of the registry, else the last part of its folder.</summary>
    public string Name { get; }

    /// <summary>Where its files are: the folder, or the file where it is one of several in a folder.</summary>
    public string Folder { get; }

    /// <summary>The files that hold its weights.</summary>
    public IReadOnlyList<string> Files => _files.Files;

    /// <summary>What it says of itself.</summary>
    public SaeConfig Config => _files.Config;

    /// <summary>The layout its files were recognised as, such as <c>SAELens (cfg.json, sae_weights.safetensors)</c>.</summary>
    public string Layout => _files.Layout.Title;

    /// <summary>What looked odd when the files were read, a sentence each: decoder rows that are zero. Part of <see cref="Warnings"/>.</summary>
    public IReadOnlyList<string> LoadWarnings { get; }

    /// <summary>The fingerprint of the weight files, computed when first asked for; see <see cref="FileFingerprint"/>.</summary>
    public string WeightsHash => _weightsHash ??= FileFingerprint.Of(_files.Files);

    /// <summary>
    /// Loads an SAE. Its layout is found by looking at the files. Biases and other vectors are looked through for NaN and infinity;
    /// matrices of more than four million numbers are only looked at here and there (64 rows), as reading them whole would take
    /// longer than encoding with them.
    /// </summary>
    /// <param name="nameOrFolder">Its folder or file, the name of one under <c>data/saes</c>, or RELEASE/ID of the registry.</param>
    /// <param name="options">What the files do not say; null for nothing.</param>
    /// <exception cref="ModelFileException">The folder or a file in it is not there or cannot be used.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged, does not fit the configuration or holds NaN or infinity.</exception>
    /// <exception cref="SaeException">The SAE is of a kind that cannot be computed here, or its files are not on this machine.</exception>
    public static SparseAutoencoder Load(string nameOrFolder, SaeLoadOptions? options = null) => SaeLoader.Load(nameOrFolder, options ?? new SaeLoadOptions());

    /// <summary>
    /// Loads an SAE of a release: from <see cref="SaeLoadOptions.Roots"/>, <c>data/saes</c>, the Hugging Face cache, and, where
    /// <see cref="SaeLoadOptions.Download"/> allows it, the hub, from where only this SAE's files are fetched.
    /// </summary>
    /// <param name="release">The release's name, such as <c>gemma-scope-2b-pt-res-canonical</c>; see <see cref="SaeRegistry"/>.</param>
    /// <param name="id">The SAE's name in it, such as <c>layer_20/width_16k/canonical</c>.</param>
    /// <param name="options">What the registry and the files do not say; null for nothing.</param>
    /// <param name="progress">Told how far a download is.</param>
    /// <param name="cancellation">Stops a download; what arrived is kept, and the next load goes on from there.</param>
    /// <exception cref="SaeException">There is no such release or SAE (the message lists the nearest), or its files are not on this machine.</exception>
    /// <exception cref="HubException">The files could not be fetched.</exception>
    /// <exception cref="ModelFileException">A file cannot be used.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged or does not fit the configuration.</exception>
    public static SparseAutoencoder Load(
        string release, string id, SaeLoadOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new SaeLoadOptions();
        return SaeLoader.Load(SaeRegistry.Load(options.Registries).Find(release, id), options, progress, cancellation);
    }

    /// <summary>An SAE of what was read; checks its values.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="files">What was read there.</param>
    /// <param name="name">What to call it; null for the last part of the path.</param>
    internal static SparseAutoencoder Of(string path, SaeFiles files, string? name = null) => new(path, files, SaeChecks.CheckValues(files), name);

    /// <summary>Its arrays.</summary>
    internal SaeWeights Weights => _w;

    /// <summary>W_dec as features are decoded with it: where they are rescaled by its norms, divided by them.</summary>
    internal SaeMatrix DecoderInUse => _decoder;

    /// <summary>The same SAE under another configuration or with other arrays, to see what that would give.</summary>
    internal SparseAutoencoder Under(SaeConfig config, SaeWeights? weights = null) => With(_files with { Config = config, Weights = weights ?? _w });

    /// <summary>
    /// Checks that this SAE can stand in a model, and gives it back. Whether it also belongs there is tried out on a few texts when a
    /// first result is made of the pair, and stands in every result's provenance: see <see cref="SaeCheck"/>.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="check">Whether it is tried out; false for a pair that is known.</param>
    /// <exception cref="SaeException">The hook is not there or has another width; the message says which.</exception>
    public SparseAutoencoder For(Transformer model, bool check = true)
    {
        SaeFit.Check(this, model);
        if (!check)
            SaeCheck.Skip(this, model);
        return this;
    }

    /// <summary>What is odd about using this SAE in a model, though it can be computed; see <see cref="SaeFit"/>.</summary>
    /// <param name="model">The model.</param>
    /// <returns>A sentence for each; none for a pair that belongs together.</returns>
    public IReadOnlyList<string> Warnings(Transformer model) => [.. LoadWarnings, .. SaeFit.Warnings(this, model)];

    /// <summary>Where its features are in a run that it is spliced into, such as <c>blocks.3.hook_resid_post.hook_sae_acts_post</c>: what to capture or edit.</summary>
    /// <exception cref="SaeException">Its files do not say where it belongs.</exception>
    public string FeaturesHook => (HookWritten with { Sae = SaeSite.ActsPost }).ToString();

    /// <summary>
    /// This SAE in the place of its hook, for <see cref="Transformer.Run"/>'s argument 'splice'. A transcoder reads its input hook as the
    /// model goes on with it, after edits and after an SAE that stands there, and takes the place of its output hook.
    /// </summary>
    /// <param name="errorTerm">Whether what the SAE fails to reconstruct is added back, so that without edits the model goes on as if the SAE were not there.</param>
    /// <param name="exclude">Tokens at whose positions the model's own value stays, such as <see cref="TokenSet.Special"/>; none if left out.</param>
    /// <param name="asSaeLens">
    /// Whether to give SAELens's number where that loses something: a skip transcoder's x·W_skipᵀ, a temporal SAE's prediction, the features of
    /// matching pursuit as a hook. For comparison only.
    /// </param>
    public ISplice Splice(bool errorTerm = false, TokenSet? exclude = null, bool asSaeLens = false) => new SaeSplice(this, errorTerm, exclude, asSaeLens);

    /// <summary>
    /// The same function with decoder rows of norm 1: with n = max(‖W_dec[f]‖, 1e-8) each feature's W_dec[f] is divided by n and its W_enc[f],
    /// b_enc and threshold (of a gated SAE b_gate and b_mag) are multiplied by it, so that activations of different features compare. SAELens's
    /// <c>fold_W_dec_norm</c>. Shares the mapped weights.
    /// </summary>
    /// <exception cref="SaeException">Which features fire could change: TopK without rescaling, temporal, matching pursuit.</exception>
    public SparseAutoencoder FoldDecoderNorms() => With(SaeFolds.DecoderNorms(_files, Name));

    /// <summary>
    /// An SAE for inputs that are not scaled beforehand, from one trained on inputs multiplied by a factor s (<c>expected_average_only_in</c>): W_enc·s,
    /// W_dec/s, b_dec/s. SAELens's <c>fold_activation_norm_scaling_factor</c>. Shares the mapped weights.
    /// </summary>
    /// <param name="factor">s, positive.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not positive and finite.</exception>
    /// <exception cref="SaeException">The encoder is the decoder (matching pursuit, tied temporal SAEs), so that this is not defined.</exception>
    public SparseAutoencoder FoldNormScalingFactor(double factor) => With(SaeFolds.ScalingFactor(_files, factor));

    /// <summary>
    /// An SAE for inputs as they are, from one trained on (x − mean)·M (<c>covariance_whitening</c>): W_enc becomes M·W_enc, W_dec becomes W_dec·M⁻¹,
    /// b_dec becomes b_dec·M⁻¹ + mean, and where b_dec is not taken from the input the mean goes into the encoder's biases. SAELens's
    /// <c>fold_activation_whitening</c>. The new matrices are held in memory.
    /// </summary>
    /// <param name="mean">[d_in]</param>
    /// <param name="matrix">M, [d_in, d_in].</param>
    /// <param name="inverse">M⁻¹, [d_in, d_in].</param>
    /// <exception cref="SaeException">The SAE is of a kind for which this is not defined, or the shapes are others.</exception>
    public SparseAutoencoder FoldWhitening(Tensor mean, Tensor matrix, Tensor inverse) => With(SaeFolds.Whitening(_files, Name, mean, matrix, inverse));

    /// <summary>The features that fire.</summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <param name="cancellation">Looked at between blocks of tokens.</param>
    /// <param name="texts">The number of tokens of each text, in order, for a temporal SAE; null when all are one text. Other kinds take each token by itself.</param>
    /// <exception cref="SaeException">The input has another width, or the texts another number of tokens.</exception>
    public SparseFeatures Encode(Tensor x, CancellationToken cancellation = default, IReadOnlyList<int>? texts = null)
    {
        var y = Flat(x).Clone();
        Prepare(y);
        Foretell(y, texts);
        return Fire(y, cancellation);
    }

    /// <summary>Every feature's activation.</summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <param name="texts">As for <see cref="Encode"/>.</param>
    /// <returns>[token, d_sae]</returns>
    /// <exception cref="SaeException">The input has another width, or the texts another number of tokens.</exception>
    public Tensor EncodeDense(Tensor x, IReadOnlyList<int>? texts = null)
    {
        var y = Flat(x).Clone();
        Prepare(y);
        Foretell(y, texts);
        return Config.Pursuit is null ? Activations(y, SaePass.Plain) : Fire(y, default).ToDense();
    }

    /// <summary>
    /// The activations of some features only. Where each feature fires by itself (standard, JumpReLU, gated) only their columns of W_enc are
    /// read; where features compete (TopK, temporal with TopK, matching pursuit) all are computed, and these picked out.
    /// </summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <param name="features">The features, repeats allowed.</param>
    /// <param name="texts">As for <see cref="Encode"/>.</param>
    /// <returns>[token, features]</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such feature.</exception>
    /// <exception cref="SaeException">The input has another width, or the texts another number of tokens.</exception>
    public Tensor EncodeFeatures(Tensor x, ReadOnlySpan<int> features, IReadOnlyList<int>? texts = null)
    {
        foreach (var f in features)
        {
            if ((uint)f >= (uint)Config.DSae)
                throw new ArgumentOutOfRangeException(nameof(features), $"There is no feature {f}; {Name} has features 0 to {Config.DSae - 1}.");
        }

        var y = Flat(x).Clone();
        Prepare(y);
        Foretell(y, texts);
        var acts = Tensor.Zeros(y.Shape[0], features.Length);
        if (acts.Length == 0)
            return acts;
        if (!_rule.TakesEachAlone || Config.Pursuit is not null)
            return Fire(y, default).Pick(features);
        (_w.Encoder ?? _w.Decoder).Encode(ToEncoder(y), features, acts);
        Fire(acts, _rule.For(features), SaePass.Plain);
        return acts;
    }

    /// <summary>What features decode to: f·W_dec + b_dec. Only the rows of features that fired are read.</summary>
    /// <param name="features">The features.</param>
    /// <returns>[token, d_out]; on the SAE's own scale when it normalises its input, without a skip path or a temporal SAE's prediction.</returns>
    public Tensor Decode(SparseFeatures features)
    {
        var result = Tensor.Zeros(features.Tokens, Config.DOut);
        if (AddsDecoderBias)
        {
            for (var t = 0; t < features.Tokens; t++)
                _w.DecoderBias.Span.CopyTo(result.Row(t));
        }

        SparseDecoder.Add(features, _decoder, result);
        return result;
    }

    /// <summary>What dense features decode to: f·W_dec + b_dec. Zeros cost nothing.</summary>
    /// <param name="features">[token, d_sae]</param>
    /// <returns>As <see cref="Decode(SparseFeatures)"/>.</returns>
    /// <exception cref="SaeException">The features have another shape.</exception>
    public Tensor Decode(Tensor features) => features.Rank == 2 && features.Shape[1] == Config.DSae
        ? Decode(SparseFeatures.Of(features))
        : throw new SaeException($"{Name} decodes [token, {Config.DSae}], but was given {features}.");

    /// <summary>
    /// What is left of an input after encoding and decoding, on the input's own scale; for a transcoder, what it makes of it. A skip transcoder's
    /// x·W_skipᵀ and a temporal SAE's prediction are part of it.
    /// </summary>
    /// <param name="x">[token, d_in], or [token, head, d_head] for an SAE of hook_z.</param>
    /// <param name="texts">As for <see cref="Encode"/>.</param>
    /// <returns>In the shape of <paramref name="x"/>; [token, d_out] for a transcoder.</returns>
    public Tensor Reconstruct(Tensor x, IReadOnlyList<int>? texts = null) => Forward(x, texts is null ? SaePass.Plain : new SaePass { Texts = texts });

    /// <summary>The direction a feature writes: row <paramref name="feature"/> of W_dec, [d_out].</summary>
    /// <param name="feature">The feature.</param>
    public float[] Direction(int feature)
    {
        var row = new float[Config.DOut];
        _w.Decoder.Copy(feature, row);
        return row;
    }

    /// <summary>The direction a feature reads: column <paramref name="feature"/> of W_enc, [d_in]; row of W_dec where the encoder is the decoder.</summary>
    /// <param name="feature">The feature.</param>
    public float[] EncoderDirection(int feature)
    {
        var column = new float[Config.DIn];
        (_w.Encoder ?? _w.Decoder).Copy(feature, column);
        return column;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: {Config.Architecture} {(Config.IsTranscoder ? "transcoder" : "SAE")}, {Config.DSae} features of {Config.HookIn?.ToString() ?? "an unnamed hook"} (d_in {Config.DIn}), trained on {Config.ModelName ?? "an unnamed model"}";

    private SparseAutoencoder With(SaeFiles files) => new(Folder, files, LoadWarnings, Name);
}
