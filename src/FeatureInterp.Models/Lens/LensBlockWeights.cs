using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// One block's matrices as fp32 arrays in TransformerLens's shapes, with the model's weight processing folded in; each is computed anew
/// when it is asked for. A bias the model does not have is zeros.
/// </summary>
public sealed class LensBlockWeights
{
    private readonly BlockWeights _w;
    private readonly WeightProcessing _processing;

    internal LensBlockWeights(BlockWeights weights, WeightProcessing processing)
    {
        _w = weights;
        _processing = processing;
    }

    /// <summary>W_Q, [head, d_model, d_head]; folded: times ln1's gain, behind a layer norm less its mean over d_model.</summary>
    public Tensor W_Q() => Reading(_w.Q);

    /// <summary>W_K, [kv_head, d_model, d_head], folded as <see cref="W_Q"/>.</summary>
    public Tensor W_K() => Reading(_w.K);

    /// <summary>W_V, [kv_head, d_model, d_head], folded as <see cref="W_Q"/>.</summary>
    public Tensor W_V() => Reading(_w.V);

    /// <summary>W_O, [head, d_head, d_model]; centred: rows of mean zero.</summary>
    public Tensor W_O()
    {
        var dense = Written(_w.O.Dense());
        return dense.Reshape(_w.O.Inputs / _w.HeadDim, _w.HeadDim, _w.O.Outputs);
    }

    /// <summary>b_Q, [head, d_head]; folded: ln1's bias through W_Q is part of it.</summary>
    public Tensor b_Q() => ReadingBias(_w.Q);

    /// <summary>b_K, [kv_head, d_head], folded as <see cref="b_Q"/>.</summary>
    public Tensor b_K() => ReadingBias(_w.K);

    /// <summary>b_V, [kv_head, d_head], folded as <see cref="b_Q"/>; zeros where value biases are part of b_O.</summary>
    public Tensor b_V() => _processing.FoldValueBiases ? Tensor.Zeros(_w.V.Outputs / _w.HeadDim, _w.HeadDim) : ReadingBias(_w.V);

    /// <summary>b_O, [d_model]; with value biases folded, b_O + Σ over the heads of b_V·W_O; centred: of mean zero.</summary>
    public Tensor b_O() => Written((_processing.FoldValueBiases ? _w.Folded(_processing.FoldLn).Output : _w.O.Bias)?.Clone() ?? Tensor.Zeros(_w.O.Outputs));

    /// <summary>W_in, [d_model, d_mlp]: in a gated MLP the half without activation function. Folded as <see cref="W_Q"/>, with ln2.</summary>
    public Tensor W_in() => FoldNorm.Into(_w.In, _w.Ln2, _processing.FoldLn);

    /// <summary>W_gate, [d_model, d_mlp], folded as <see cref="W_in"/>; null where the MLP has no gate.</summary>
    public Tensor? W_gate() => _w.Gate is { } gate ? FoldNorm.Into(gate, _w.Ln2, _processing.FoldLn) : null;

    /// <summary>W_out, [d_mlp, d_model]; centred: rows of mean zero.</summary>
    public Tensor W_out() => Written(_w.Out.Dense());

    /// <summary>b_in, [d_mlp]; folded: ln2's bias through W_in is part of it.</summary>
    public Tensor b_in() => FoldNorm.Bias(_w.In, _w.Ln2, _processing.FoldLn);

    /// <summary>b_out, [d_model]; centred: of mean zero.</summary>
    public Tensor b_out() => Written(_w.Out.Bias?.Clone() ?? Tensor.Zeros(_w.Out.Outputs));

    /// <summary>The gain of the norm of what attention writes, [d_model]; never folded; null where there is no such norm.</summary>
    public Tensor? Ln1PostGain() => _w.Ln1Post?.Gain.Clone();

    /// <summary>The gain of the norm of what the MLP writes, [d_model]; never folded; null where there is no such norm.</summary>
    public Tensor? Ln2PostGain() => _w.Ln2Post?.Gain.Clone();

    // [d_model, head · d_head] → [head, d_model, d_head]
    private Tensor Reading(LinearMap map)
    {
        var dense = FoldNorm.Into(map, _w.Ln1, _processing.FoldLn);
        int model = map.Inputs, width = _w.HeadDim, heads = map.Outputs / width;
        var apart = Tensor.Uninitialized(heads, model, width);
        for (var i = 0; i < model; i++)
        {
            for (var h = 0; h < heads; h++)
                dense.Row(i).Slice(h * width, width).CopyTo(apart.Span[((h * model + i) * width)..]);
        }

        return apart;
    }

    private Tensor ReadingBias(LinearMap map) => FoldNorm.Bias(map, _w.Ln1, _processing.FoldLn).Reshape(map.Outputs / _w.HeadDim, _w.HeadDim);

    private Tensor Written(Tensor rows)
    {
        if (_processing.CenterWritingWeights)
            NormStep.Centre(rows, rows.Shape[^1]);
        return rows;
    }
}
