using System.Globalization;

namespace FeatureInterp.Models;

/// <summary>
/// The places of a transformer where a value can be looked at or changed, in the order in which a block produces them. The names
/// are TransformerLens's; <see cref="HookPoint"/> prints them. Shapes are given for one prompt; <c>pos</c> is a token position.
/// </summary>
public enum HookSite
{
    /// <summary><c>hook_embed</c>, [pos, d_model]: the token's embedding, scaled as the architecture scales it.</summary>
    Embed,

    /// <summary><c>hook_pos_embed</c>, [pos, d_model]: the learned embedding of the position, which is added to the token's.</summary>
    PosEmbed,

    /// <summary><c>hook_resid_pre</c>, [pos, d_model]: the residual stream that enters the block.</summary>
    ResidPre,

    /// <summary><c>hook_attn_in</c>, [pos, head, d_model]: a copy of the residual stream for each head. Computed only when named.</summary>
    AttnIn,

    /// <summary><c>hook_q_input</c>, [pos, head, d_model]: the copy that only a head's queries read. Computed only when named.</summary>
    QInput,

    /// <summary><c>hook_k_input</c>, [pos, kv_head, d_model]: the copy that only a head's keys read. Computed only when named.</summary>
    KInput,

    /// <summary><c>hook_v_input</c>, [pos, kv_head, d_model]: the copy that only a head's values read. Computed only when named.</summary>
    VInput,

    /// <summary><c>ln1.hook_scale</c>, [pos, 1]: what the norm before attention divides by.</summary>
    Ln1Scale,

    /// <summary><c>ln1.hook_normalized</c>, [pos, d_model]: the residual stream divided by that scale, before the gain.</summary>
    Ln1Normalized,

    /// <summary><c>attn.hook_q</c>, [pos, head, d_head]: queries, before rotation.</summary>
    Q,

    /// <summary><c>attn.hook_k</c>, [pos, kv_head, d_head]: keys, before rotation.</summary>
    K,

    /// <summary><c>attn.hook_v</c>, [pos, kv_head, d_head]: values.</summary>
    V,

    /// <summary><c>attn.q_norm.hook_scale</c>, [pos, head, 1]: what the norm of a head's queries divides by.</summary>
    QNormScale,

    /// <summary><c>attn.q_norm.hook_normalized</c>, [pos, head, d_head]: queries divided by that scale, before the gain.</summary>
    QNormNormalized,

    /// <summary><c>attn.k_norm.hook_scale</c>, [pos, kv_head, 1]: what the norm of a head's keys divides by.</summary>
    KNormScale,

    /// <summary><c>attn.k_norm.hook_normalized</c>, [pos, kv_head, d_head]: keys divided by that scale, before the gain.</summary>
    KNormNormalized,

    /// <summary><c>attn.hook_rot_q</c>, [pos, head, d_head]: queries after rotation.</summary>
    RotQ,

    /// <summary><c>attn.hook_rot_k</c>, [pos, kv_head, d_head]: keys after rotation.</summary>
    RotK,

    /// <summary><c>attn.hook_attn_scores</c>, [head, query, key]: scaled, soft-capped, −∞ where a key is masked.</summary>
    AttnScores,

    /// <summary><c>attn.hook_pattern</c>, [head, query, key]: the softmax of the scores over the keys.</summary>
    Pattern,

    /// <summary><c>attn.hook_z</c>, [pos, head, d_head]: the mix of values each head reads.</summary>
    Z,

    /// <summary><c>attn.hook_result</c>, [pos, head, d_model]: each head's z through its slice of W_O. Computed only when named.</summary>
    Result,

    /// <summary><c>ln1_post.hook_scale</c>, [pos, 1]: what the norm after attention divides by.</summary>
    Ln1PostScale,

    /// <summary><c>ln1_post.hook_normalized</c>, [pos, d_model]: the attention output divided by that scale, before the gain.</summary>
    Ln1PostNormalized,

    /// <summary><c>hook_attn_out</c>, [pos, d_model]: what attention adds to the residual stream.</summary>
    AttnOut,

    /// <summary><c>hook_resid_mid</c>, [pos, d_model]: the residual stream between attention and MLP.</summary>
    ResidMid,

    /// <summary><c>hook_mlp_in</c>, [pos, d_model]: a copy of the residual stream that only the MLP reads. Computed only when named.</summary>
    MlpInput,

    /// <summary><c>ln2.hook_scale</c>, [pos, 1]: what the norm before the MLP divides by.</summary>
    Ln2Scale,

    /// <summary><c>ln2.hook_normalized</c>, [pos, d_model]: the residual stream divided by that scale, before the gain.</summary>
    Ln2Normalized,

    /// <summary><c>mlp.hook_in</c>, [pos, d_model]: what the MLP's matrices are applied to (SAELens's name).</summary>
    MlpIn,

    /// <summary><c>mlp.hook_pre</c>, [pos, d_mlp]: the gate before its activation function.</summary>
    MlpPre,

    /// <summary><c>mlp.hook_pre_linear</c>, [pos, d_mlp]: the half of a gated MLP that has no activation function.</summary>
    MlpPreLinear,

    /// <summary><c>mlp.hook_post</c>, [pos, d_mlp]: the activated gate times the linear half.</summary>
    MlpPost,

    /// <summary><c>ln2_post.hook_scale</c>, [pos, 1]: what the norm after the MLP divides by.</summary>
    Ln2PostScale,

    /// <summary><c>ln2_post.hook_normalized</c>, [pos, d_model]: the MLP output divided by that scale, before the gain.</summary>
    Ln2PostNormalized,

    /// <summary><c>hook_mlp_out</c>, [pos, d_model]: what the MLP adds to the residual stream.</summary>
    MlpOut,

    /// <summary><c>hook_resid_post</c>, [pos, d_model]: the residual stream that leaves the block.</summary>
    ResidPost,

    /// <summary><c>ln_final.hook_scale</c>, [pos, 1]: what the last norm divides by.</summary>
    FinalScale,

    /// <summary><c>ln_final.hook_normalized</c>, [pos, d_model]: the residual stream divided by that scale, before the gain.</summary>
    FinalNormalized,

    /// <summary><c>unembed.hook_in</c>, [pos, d_model]: what the unembedding is applied to.</summary>
    UnembedIn,

    /// <summary><c>unembed.hook_out</c>, [pos, d_vocab]: the logits before a final soft cap.</summary>
    UnembedOut,
}

/// <summary>The one table of the sites' names.</summary>
internal static class HookSites
{
    // "#" stands for the layer; a name without it fires once a run.
    private static readonly string[] Names =
    [
        "hook_embed", "hook_pos_embed",
        "blocks.#.hook_resid_pre", "blocks.#.hook_attn_in", "blocks.#.hook_q_input", "blocks.#.hook_k_input", "blocks.#.hook_v_input",
        "blocks.#.ln1.hook_scale", "blocks.#.ln1.hook_normalized",
        "blocks.#.attn.hook_q", "blocks.#.attn.hook_k", "blocks.#.attn.hook_v",
        "blocks.#.attn.q_norm.hook_scale", "blocks.#.attn.q_norm.hook_normalized", "blocks.#.attn.k_norm.hook_scale", "blocks.#.attn.k_norm.hook_normalized",
        "blocks.#.attn.hook_rot_q", "blocks.#.attn.hook_rot_k",
        "blocks.#.attn.hook_attn_scores", "blocks.#.attn.hook_pattern", "blocks.#.attn.hook_z", "blocks.#.attn.hook_result",
        "blocks.#.ln1_post.hook_scale", "blocks.#.ln1_post.hook_normalized", "blocks.#.hook_attn_out", "blocks.#.hook_resid_mid", "blocks.#.hook_mlp_in",
        "blocks.#.ln2.hook_scale", "blocks.#.ln2.hook_normalized",
        "blocks.#.mlp.hook_in", "blocks.#.mlp.hook_pre", "blocks.#.mlp.hook_pre_linear", "blocks.#.mlp.hook_post",
        "blocks.#.ln2_post.hook_scale", "blocks.#.ln2_post.hook_normalized", "blocks.#.hook_mlp_out", "blocks.#.hook_resid_post",
        "ln_final.hook_scale", "ln_final.hook_normalized", "unembed.hook_in", "unembed.hook_out",
    ];

    private static readonly Dictionary<string, HookSite> ByName =
        Enum.GetValues<HookSite>().ToDictionary(site => Names[(int)site], StringComparer.Ordinal);

    /// <summary>Every site, in the order in which a run reaches them.</summary>
    public static HookSite[] All { get; } = Enum.GetValues<HookSite>();

    /// <summary>Rotated queries and keys.</summary>
    public static HookSite[] Rotary { get; } = [HookSite.RotQ, HookSite.RotK];

    /// <summary>The norms of each head's queries and keys.</summary>
    public static HookSite[] HeadNorms { get; } = [HookSite.QNormScale, HookSite.QNormNormalized, HookSite.KNormScale, HookSite.KNormNormalized];

    /// <summary>The norms after attention and MLP.</summary>
    public static HookSite[] PostNorms { get; } = [HookSite.Ln1PostScale, HookSite.Ln1PostNormalized, HookSite.Ln2PostScale, HookSite.Ln2PostNormalized];

    /// <summary>Every site but these, in order.</summary>
    public static HookSite[] Without(params IEnumerable<HookSite> sites) => [.. All.Except(sites)];

    /// <summary>Whether the site is in every block rather than once in the model.</summary>
    public static bool IsPerLayer(this HookSite site) => Names[(int)site].Contains('#', StringComparison.Ordinal);

    /// <summary>Whether the site costs extra work and so is reached only when a hook names its last part in full.</summary>
    public static bool IsOptIn(this HookSite site) => site is HookSite.Result or HookSite.MlpInput || site.IsSplitInput();

    /// <summary>Whether the value is a copy of the residual stream for each head.</summary>
    public static bool IsSplitInput(this HookSite site) => site is HookSite.AttnIn or HookSite.QInput or HookSite.KInput or HookSite.VInput;

    /// <summary>Whether the value is [head, query, key] rather than [pos, …].</summary>
    public static bool IsAttention(this HookSite site) => site is HookSite.AttnScores or HookSite.Pattern;

    /// <summary>The number of values a token has there; 0 for attention scores and patterns, which have one a key.</summary>
    public static int Width(this HookSite site, TransformerConfig c) => site switch
    {
        HookSite.Ln1Scale or HookSite.Ln1PostScale or HookSite.Ln2Scale or HookSite.Ln2PostScale or HookSite.FinalScale => 1,
        HookSite.Q or HookSite.RotQ or HookSite.QNormNormalized or HookSite.Z => c.Heads * c.HeadDim,
        HookSite.K or HookSite.RotK or HookSite.KNormNormalized or HookSite.V => c.KeyValueHeads * c.HeadDim,
        HookSite.QNormScale => c.Heads,
        HookSite.KNormScale => c.KeyValueHeads,
        HookSite.AttnIn or HookSite.QInput => c.Heads * c.DModel,
        HookSite.KInput or HookSite.VInput => c.KeyValueHeads * c.DModel,
        HookSite.AttnScores or HookSite.Pattern => 0,
        HookSite.Result => c.Heads * c.DModel,
        HookSite.MlpPre or HookSite.MlpPreLinear or HookSite.MlpPost => c.DMlp,
        HookSite.UnembedOut => c.VocabSize,
        _ => c.DModel,
    };

    public static string Name(this HookSite site, int layer) =>
        Names[(int)site].Replace("#", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    public static bool TryFind(string template, out HookSite site) => ByName.TryGetValue(template, out site);
}
