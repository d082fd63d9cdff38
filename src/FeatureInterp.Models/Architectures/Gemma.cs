using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Gemma (1): embeddings scaled by √d_model, RMS norms with gains stored as their difference from one, rotary positions, a gated GELU MLP,
/// tied embeddings. Definition: Gemma (Google, 2024), as Hugging Face's <c>GemmaForCausalLM</c> and TransformerLens compute it; see
/// <see cref="GemmaGelu"/> for the one place where these two differ.
/// </summary>
public sealed class Gemma : Transformer
{
    private readonly GemmaConfig _c;
    private readonly ModelWeights _w;
    private readonly RopeTable _rope;

    internal Gemma(ModelIdentity identity, GemmaConfig config, ModelWeights weights)
        : base(identity, config.Shape, weights)
    {
        _c = config;
        _w = weights;
        _rope = config.Rope;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<HookSite> Sites { get; } = HookSites.Without(
        [.. HookSites.HeadNorms, .. HookSites.PostNorms, HookSite.PosEmbed]);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Flags => new Dictionary<string, string>(base.Flags, StringComparer.Ordinal)
    {
        ["gelu"] = _c.Gelu == GemmaGelu.Tanh ? "tanh" : "exact",
    };

    /// <inheritdoc/>
    protected override Tensor Embed(ForwardPass run) => EmbedStep.Tokens(run, _w.Embed, MathF.Sqrt(Config.DModel));

    /// <inheritdoc/>
    protected override void Block(ForwardPass run, int layer, Tensor x)
    {
        run.Hooks.At(HookSite.ResidPre, layer, x);
        run.Add(x, Attention(run, layer, x));
        run.Hooks.At(HookSite.ResidMid, layer, x);
        run.Add(x, Mlp(run, layer, MlpInput.Of(run, layer, x)));
        run.Hooks.At(HookSite.ResidPost, layer, x);
    }

    /// <inheritdoc/>
    protected override Tensor Unembed(ForwardPass run, Tensor x) => UnembedStep.Apply(run, x, _w);

    /// <inheritdoc/>
    public override Transformer WithProcessing(WeightProcessing processing) => new Gemma(Identity.With(processing), _c, _w);

    private Tensor Attention(ForwardPass run, int layer, Tensor x)
    {
        var (w, hooks) = (_w.Blocks[layer], run.Hooks);
        var (q, k, v) = ReadStep.Apply(run, layer, x, w);                           // ln1; q [row, head, d_head], k and v [row, kv_head, d_head]
        hooks.At(HookSite.Q, layer, q);
        hooks.At(HookSite.K, layer, k);
        hooks.At(HookSite.V, layer, v);

        RopeStep.Apply(run, _rope, q, k);
        hooks.At(HookSite.RotQ, layer, q);
        hooks.At(HookSite.RotK, layer, k);

        // Hooks inside: attn_scores and pattern, [head, query, key].
        var z = AttentionStep.Apply(run, layer, q, k, v, _c.AttentionScale, 0, 0);
        hooks.At(HookSite.Z, layer, z);                                             // [row, head, d_head]
        var attnOut = WriteStep.Attention(run, layer, z, w);                        // [row, d_model]
        hooks.At(HookSite.AttnOut, layer, attnOut);
        return attnOut;
    }

    private Tensor Mlp(ForwardPass run, int layer, Tensor input)
    {
        var (w, hooks) = (_w.Blocks[layer], run.Hooks);
        var n = NormStep.BeforeReading(run, NormPlace.Ln2, layer, input, w.Ln2, HookSite.MlpIn); // [row, d_model]
        var gate = run.Linear("gate", n, w.Gate!);                                  // [row, d_mlp]
        var up = run.Linear("up", n, w.In);                                         // [row, d_mlp]
        hooks.At(HookSite.MlpPre, layer, gate);
        hooks.At(HookSite.MlpPreLinear, layer, up);
        if (_c.Gelu == GemmaGelu.Exact)
            ActivationStep.GeluErfMul(run, gate, up);
        else
            ActivationStep.GeluTanhMul(run, gate, up);                              // gelu(gate) · up
        hooks.At(HookSite.MlpPost, layer, gate);
        var mlpOut = WriteStep.Mlp(run, gate, w);                                   // [row, d_model]
        hooks.At(HookSite.MlpOut, layer, mlpOut);
        return mlpOut;
    }
}
