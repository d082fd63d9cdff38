using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Gemma-3 (its text model): as Gemma-2 without soft caps, with an RMS norm over each head's queries and keys, five local layers to one
/// global, and other rotary periods in each kind. Definition: Gemma 3 (Google, 2025), as Hugging Face's <c>Gemma3ForCausalLM</c> and
/// TransformerLens compute it.
/// </summary>
public sealed class Gemma3 : Transformer
{
    private readonly Gemma3Config _c;
    private readonly ModelWeights _w;
    private readonly RopeTable _rope;
    private readonly RopeTable _localRope;

    internal Gemma3(ModelIdentity identity, Gemma3Config config, ModelWeights weights)
        : base(identity, config.Shape, weights)
    {
        _c = config;
        _w = weights;
        _rope = config.Rope;
        _localRope = config.LocalRope;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<HookSite> Sites { get; } = HookSites.Without(
        [HookSite.PosEmbed]);

    /// <inheritdoc/>
    protected override bool CapsLogits => _c.LogitSoftCap > 0;

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
    protected override Tensor Unembed(ForwardPass run, Tensor x) => UnembedStep.Apply(run, x, _w, _c.LogitSoftCap);

    /// <inheritdoc/>
    public override Transformer WithProcessing(WeightProcessing processing) => new Gemma3(Identity.With(processing), _c, _w);

    private Tensor Attention(ForwardPass run, int layer, Tensor x)
    {
        var (w, hooks) = (_w.Blocks[layer], run.Hooks);
        var (q, k, v) = ReadStep.Apply(run, layer, x, w);                           // ln1; q [row, head, d_head], k and v [row, kv_head, d_head]
        hooks.At(HookSite.Q, layer, q);
        hooks.At(HookSite.K, layer, k);
        hooks.At(HookSite.V, layer, v);
        q = NormStep.Apply(run, NormPlace.Q, layer, q, w.QNorm!);                   // each head's d_head values by themselves
        k = NormStep.Apply(run, NormPlace.K, layer, k, w.KNorm!);

        RopeStep.Apply(run, _c.IsLocal[layer] ? _localRope : _rope, q, k);
        hooks.At(HookSite.RotQ, layer, q);
        hooks.At(HookSite.RotK, layer, k);

        // Hooks inside: attn_scores and pattern, [head, query, key].
        var z = AttentionStep.Apply(run, layer, q, k, v, _c.AttentionScale, _c.AttentionSoftCap, _c.IsLocal[layer] ? _c.Window : 0);
        hooks.At(HookSite.Z, layer, z);                                             // [row, head, d_head]
        var attnOut = WriteStep.Attention(run, layer, z, w);                        // [row, d_model]
        attnOut = NormStep.Apply(run, NormPlace.Ln1Post, layer, attnOut, w.Ln1Post!);
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
        ActivationStep.GeluTanhMul(run, gate, up);                                  // gelu(gate) · up
        hooks.At(HookSite.MlpPost, layer, gate);
        var mlpOut = WriteStep.Mlp(run, gate, w);                                   // [row, d_model]
        mlpOut = NormStep.Apply(run, NormPlace.Ln2Post, layer, mlpOut, w.Ln2Post!);
        hooks.At(HookSite.MlpOut, layer, mlpOut);
        return mlpOut;
    }
}
