using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Mistral 7B: as Llama, with every layer seeing only a sliding window where the configuration names one. Definition: Mistral 7B (Jiang et
/// al. 2023), as Hugging Face's <c>MistralForCausalLM</c> and TransformerLens compute it.
/// </summary>
public sealed class Mistral : Transformer
{
    private readonly MistralConfig _c;
    private readonly ModelWeights _w;
    private readonly RopeTable _rope;

    internal Mistral(ModelIdentity identity, MistralConfig config, ModelWeights weights)
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
    protected override Tensor Embed(ForwardPass run) => EmbedStep.Tokens(run, _w.Embed);

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
    public override Transformer WithProcessing(WeightProcessing processing) => new Mistral(Identity.With(processing), _c, _w);

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
        var z = AttentionStep.Apply(run, layer, q, k, v, _c.AttentionScale, 0, _c.Window);
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
        ActivationStep.SiluMul(run, gate, up);                                      // silu(gate) · up
        hooks.At(HookSite.MlpPost, layer, gate);
        var mlpOut = WriteStep.Mlp(run, gate, w);                                   // [row, d_model]
        hooks.At(HookSite.MlpOut, layer, mlpOut);
        return mlpOut;
    }
}
