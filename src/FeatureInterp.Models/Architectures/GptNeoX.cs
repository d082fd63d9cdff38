using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// GPT-NeoX, the architecture of Pythia: attention and MLP side by side, both reading the block's input, rotary positions on a part of each
/// head, layer norms, exact GELU, biases, an unembedding of its own. Definition: GPT-NeoX-20B (Black et al. 2022), as Hugging Face's
/// <c>GPTNeoXForCausalLM</c> and TransformerLens compute it.
/// </summary>
public sealed class GptNeoX : Transformer
{
    private readonly GptNeoXConfig _c;
    private readonly ModelWeights _w;
    private readonly RopeTable _rope;

    internal GptNeoX(ModelIdentity identity, GptNeoXConfig config, ModelWeights weights)
        : base(identity, config.Shape, weights)
    {
        _c = config;
        _w = weights;
        _rope = config.Rope;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<HookSite> Sites { get; } = HookSites.Without(
        [.. HookSites.HeadNorms, .. HookSites.PostNorms, HookSite.PosEmbed, HookSite.MlpPreLinear, HookSite.ResidMid]);

    /// <inheritdoc/>
    public override bool PrependsBos => false;

    /// <inheritdoc/>
    protected override Tensor Embed(ForwardPass run) => EmbedStep.Tokens(run, _w.Embed);

    /// <inheritdoc/>
    protected override void Block(ForwardPass run, int layer, Tensor x)
    {
        run.Hooks.At(HookSite.ResidPre, layer, x);
        var attnOut = Attention(run, layer, x);                                     // [row, d_model]
        var mlpOut = Mlp(run, layer, MlpInput.Of(run, layer, x));                   // [row, d_model]
        run.Add(x, attnOut);
        run.Add(x, mlpOut);
        run.Hooks.At(HookSite.ResidPost, layer, x);
    }

    /// <inheritdoc/>
    protected override Tensor Unembed(ForwardPass run, Tensor x) => UnembedStep.Apply(run, x, _w);

    /// <inheritdoc/>
    public override Transformer WithProcessing(WeightProcessing processing) => new GptNeoX(Identity.With(processing), _c, _w);

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
        var post = run.Linear("pre", n, w.In);                                      // [row, d_mlp]
        hooks.At(HookSite.MlpPre, layer, post);
        ActivationStep.GeluErf(run, post);
        hooks.At(HookSite.MlpPost, layer, post);
        var mlpOut = WriteStep.Mlp(run, post, w);                                   // [row, d_model]
        hooks.At(HookSite.MlpOut, layer, mlpOut);
        return mlpOut;
    }
}
