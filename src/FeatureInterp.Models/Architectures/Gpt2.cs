using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// GPT-2: learned positions, layer norms before each sublayer, attention and a GELU MLP with biases, tied embeddings. Definition: GPT-2
/// (OpenAI, 2019), as Hugging Face's <c>GPT2LMHeadModel</c> and TransformerLens compute it.
/// </summary>
public sealed class Gpt2 : Transformer
{
    private readonly Gpt2Config _c;
    private readonly ModelWeights _w;
    private readonly ModelWeights _checkpoint;

    internal Gpt2(ModelIdentity identity, Gpt2Config config, ModelWeights weights)
        : base(identity, config.Shape, weights)
    {
        _c = config;
        _checkpoint = weights;
        _w = Weights;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<HookSite> Sites { get; } = HookSites.Without(
        [.. HookSites.Rotary, .. HookSites.HeadNorms, .. HookSites.PostNorms, HookSite.MlpPreLinear]);

    /// <inheritdoc/>
    protected override Tensor Embed(ForwardPass run)
    {
        var x = EmbedStep.Tokens(run, _w.Embed);                                    // [row, d_model]
        EmbedStep.AddPositions(run, x, _w.Positions!);
        return x;
    }

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
    public override Transformer WithProcessing(WeightProcessing processing) => new Gpt2(Identity.With(processing), _c, _checkpoint);

    private Tensor Attention(ForwardPass run, int layer, Tensor x)
    {
        var (w, hooks) = (_w.Blocks[layer], run.Hooks);
        var (q, k, v) = ReadStep.Apply(run, layer, x, w);                           // ln1; q [row, head, d_head], k and v [row, kv_head, d_head]
        hooks.At(HookSite.Q, layer, q);
        hooks.At(HookSite.K, layer, k);
        hooks.At(HookSite.V, layer, v);

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
        ActivationStep.GeluTanh(run, post);
        hooks.At(HookSite.MlpPost, layer, post);
        var mlpOut = WriteStep.Mlp(run, post, w);                                   // [row, d_model]
        hooks.At(HookSite.MlpOut, layer, mlpOut);
        return mlpOut;
    }
}
