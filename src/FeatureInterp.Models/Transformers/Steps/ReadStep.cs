using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What attention reads from the residual stream: queries, keys and values before their hooks.</summary>
internal static class ReadStep
{
    /// <summary>
    /// q = n·W_Q + b_Q and so on, with n the norm of x. Where a hook of a head's own input is wanted, every head reads a copy.
    /// With value biases folded, v is without b_V.
    /// </summary>
    /// <param name="run">The step.</param>
    /// <param name="layer">The block.</param>
    /// <param name="x">The residual stream, [row, d_model].</param>
    /// <param name="w">The block's arrays.</param>
    /// <returns>q [row, head, d_head], k and v [row, kv_head, d_head].</returns>
    public static (Tensor Q, Tensor K, Tensor V) Apply(ForwardPass run, int layer, Tensor x, BlockWeights w)
    {
        var (q, k, v) = WantsCopies(run.Hooks, layer) ? Copies(run, layer, x, w) : Plain(run, layer, x, w);
        if (run.Processing.FoldValueBiases && w.Folded(run.Processing.FoldLn).Values is { } bias)
        {
            for (var row = 0; row < v.Shape[0]; row++)
                TensorPrimitives.Subtract(v.Row(row), bias.Span, v.Row(row));
        }

        return (q, k, v);
    }

    private static (Tensor Q, Tensor K, Tensor V) Plain(ForwardPass run, int layer, Tensor x, BlockWeights w)
    {
        var n = NormStep.BeforeReading(run, NormPlace.Ln1, layer, x, w.Ln1);        // [row, d_model]
        if (w.Qkv is not null)
            return Fused(run, n, w);
        Tensor q = run.Buffer("q", n.Shape[0], w.Q.Outputs), k = run.Buffer("k", n.Shape[0], w.K.Outputs), v = run.Buffer("v", n.Shape[0], w.V.Outputs);
        LinearMap.Apply(run.Batch.Rows, n, [(w.Q, q), (w.K, k), (w.V, v)]);
        if (run.Tape is { } tape)
        {
            LinearGradient.Record(tape, n, w.Q, q);
            LinearGradient.Record(tape, n, w.K, k);
            LinearGradient.Record(tape, n, w.V, v);
        }

        return (Heads(q, w), Heads(k, w), Heads(v, w));
    }

    private static Tensor Heads(Tensor rows, BlockWeights w) => rows.Reshape(rows.Shape[0], rows.Shape[1] / w.HeadDim, w.HeadDim);

    // One product, whose columns are then dealt out: GPT-2 has [q of all heads, k, v], GPT-NeoX [q, k, v] of each head.
    private static (Tensor Q, Tensor K, Tensor V) Fused(ForwardPass run, Tensor n, BlockWeights w)
    {
        var qkv = run.Buffer("qkv", n.Shape[0], w.Qkv!.Outputs);
        w.Qkv.Apply(run.Batch.Rows, n, qkv, withBias: false);
        var (q, k, v) = (Deal("q", w.Q), Deal("k", w.K), Deal("v", w.V));
        if (run.Tape is { } tape)
            LinearGradient.RecordFused(tape, n, w.Qkv, (w.Q, q), (w.K, k), (w.V, v));
        return (q, k, v);

        Tensor Deal(string name, LinearMap part)
        {
            var y = run.Buffer(name, n.Shape[0], part.Outputs);
            part.TakeOutputs(qkv, y);
            return Heads(y, w);
        }
    }

    private static bool WantsCopies(HookScope hooks, int layer) =>
        hooks.Wants(HookSite.AttnIn, layer) || hooks.Wants(HookSite.QInput, layer) || hooks.Wants(HookSite.KInput, layer) || hooks.Wants(HookSite.VInput, layer);

    // As TransformerLens with use_attn_in or use_split_qkv_input: the norm runs over q's, k's and v's copies in turn, and so do its hooks.
    private static (Tensor Q, Tensor K, Tensor V) Copies(ForwardPass run, int layer, Tensor x, BlockWeights w)
    {
        var split = run.Hooks.Wants(HookSite.QInput, layer) || run.Hooks.Wants(HookSite.KInput, layer) || run.Hooks.Wants(HookSite.VInput, layer);
        var shared = run.Hooks.Wants(HookSite.AttnIn, layer) ? Copy(run, "attn_in", HookSite.AttnIn, layer, x, w.Q.Outputs / w.HeadDim) : null;
        Tensor q = Input("q_input", HookSite.QInput, w.Q), k = Input("k_input", HookSite.KInput, w.K), v = Input("v_input", HookSite.VInput, w.V);
        return (Read("q", q, w.Q), Read("k", k, w.K), Read("v", v, w.V));

        Tensor Input(string name, HookSite site, LinearMap map) => split ? Copy(run, name, site, layer, x, map.Outputs / w.HeadDim) : shared!;

        Tensor Read(string name, Tensor input, LinearMap map)
        {
            int rows = x.Shape[0], model = x.Shape[1], heads = map.Outputs / w.HeadDim;
            var n = NormStep.BeforeReading(run, NormPlace.Ln1, layer, input, w.Ln1); // [row, head, d_model]
            var y = run.Buffer(name, rows, heads, w.HeadDim);
            var (one, of) = (run.Buffer("one head's input", rows, model), run.Buffer("one head's values", rows, w.HeadDim));
            for (var h = 0; h < heads; h++)
            {
                for (var row = 0; row < rows; row++)
                    n[row].Row(h).CopyTo(one.Row(row));
                map.Part(h * w.HeadDim, w.HeadDim).Apply(run.Batch.Rows, one, of);
                for (var row = 0; row < rows; row++)
                    of.Row(row).CopyTo(y[row].Row(h));
            }

            if (run.Tape is { } tape)
                HeadGradient.RecordReads(tape, n, map, y);
            return y;
        }
    }

    private static Tensor Copy(ForwardPass run, string name, HookSite site, int layer, Tensor x, int heads)
    {
        var copies = run.Buffer(name, x.Shape[0], heads, x.Shape[1]);
        for (var row = 0; row < x.Shape[0]; row++)
        {
            for (var h = 0; h < heads; h++)
                x.Row(row).CopyTo(copies[row].Row(h));
        }

        if (run.Tape is { } tape)
            HeadGradient.RecordCopies(tape, x, copies);
        run.Hooks.At(site, layer, copies);
        return copies;
    }
}
