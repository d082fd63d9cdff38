namespace FeatureInterp.Models;

/// <summary>
/// TransformerLens's rewriting of weights that leaves what a model predicts as it is and makes what it writes easier to read. Here
/// nothing is rewritten: each choice is carried out on the values of a run, where it costs a pass over a row and no copy of a
/// weight (but for <see cref="RefactorFactoredAttnMatrices"/>). The rewritten matrices themselves are in <see cref="Transformer.LensWeights"/>. All off (<see cref="None"/>) is what SAEs are trained on; TransformerLens's own default is <see cref="Standard"/>.
/// Definition: TransformerLens, <c>weight_processing.py</c>.
/// </summary>
public sealed record WeightProcessing
{
    /// <summary>The model as published: <c>from_pretrained_no_processing</c>.</summary>
    public static WeightProcessing None { get; } = new();

    /// <summary>What TransformerLens's <c>from_pretrained</c> does: everything but <see cref="RefactorFactoredAttnMatrices"/>.</summary>
    public static WeightProcessing Standard { get; } = new() { FoldLn = true, CenterWritingWeights = true, CenterUnembed = true, FoldValueBiases = true };

    /// <summary>
    /// A norm's gain and bias count as part of the matrix behind it, so <c>unembed.hook_in</c> and <c>mlp.hook_in</c> hold the bare
    /// x / scale; behind a layer norm, the matrix is blind to the mean of what it reads. Norms after a sublayer and of queries and
    /// keys stay. Default false.
    /// </summary>
    public bool FoldLn { get; init; }

    /// <summary>
    /// Whatever is written to the residual stream has mean zero over d_model: embeddings, positions, attention, MLP. Only with layer
    /// norms, which take the mean off; with root-mean-square norms it would change the model and does nothing. Default false.
    /// </summary>
    public bool CenterWritingWeights { get; init; }

    /// <summary>Logits have mean zero over the vocabulary. Does nothing where they are soft-capped, as it would change the model. Default false.</summary>
    public bool CenterUnembed { get; init; }

    /// <summary>b_V counts as part of b_O: <c>hook_v</c> and <c>hook_z</c> are without it, since a pattern sums to one. Default false.</summary>
    public bool FoldValueBiases { get; init; }

    /// <summary>
    /// Each head's W_Q·W_Kᵀ and W_V·W_O is split anew by its singular value decomposition: W_V = U·S, W_O = Vᵀ, W_Q = U·√S, W_K = V·√S.
    /// Only where queries and keys are not rotated. b_Q and b_K take part as one more row, b_V counts as part of b_O. Copies a block's
    /// attention matrices to fp32 when the block is first run. Default false.
    /// </summary>
    public bool RefactorFactoredAttnMatrices { get; init; }

    /// <summary>Whether anything is on.</summary>
    public bool IsNone => this == None;

    /// <summary>TransformerLens's names of what is on, or <c>none</c>.</summary>
    public override string ToString()
    {
        var on = new List<string>(5);
        if (FoldLn) on.Add("fold_ln");
        if (CenterWritingWeights) on.Add("center_writing_weights");
        if (CenterUnembed) on.Add("center_unembed");
        if (FoldValueBiases) on.Add("fold_value_biases");
        if (RefactorFactoredAttnMatrices) on.Add("refactor_factored_attn_matrices");
        return on.Count == 0 ? "none" : string.Join(", ", on);
    }
}
