using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Gemma-2: RMS norms before and after each sublayer, grouped-query attention with rotary positions and soft-capped scores, local
/// (sliding-window) and global layers in turn, a gated GELU MLP, tied embeddings, soft-capped logits. Definition: Gemma 2 (Google,
/// 2024), as Hugging Face's <c>Gemma2ForCausalLM</c> and TransformerLens compute it, without weight processing.
/// </summary>
public sealed class Gemma2 : Transformer
{
    private readonly Gemma2Config _c;
    private readonly Gemma2Weights _w;
    private readonly RopeTable _rope;

    internal Gemma2(string name, string folder, Gemma2Config config, Gemma2Weights weights, Tokenizer? tokenizer)
        : base(name, folder, config.Shape, tokenizer)
    {
        _c = config;
        _w = weights;
        _rope = new RopeTable(config.Shape.HeadDim, config.RopeBase);
        Flags = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["architecture"] = "Gemma2ForCausalLM",
            ["layer order"] = config.Order == LayerOrder.LocalFirst ? "local-first" : "global-first",
            ["weight processing"] = "none",
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Flags { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<HookSite> Sites => HookSites.All;

    /// <inheritdoc/>
    protected override Tensor Forward(ForwardPass run)
    {
        var x = run.Residual is null ? Embed(run) : Resume(run, run.Residual);      // [row, d_model]
        for (var layer = run.StartLayer; layer < run.StopLayer; layer++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            Attention(run, layer, x);
            Mlp(run, layer, x);
        }

        return run.StopLayer < Config.Layers ? x.Clone() : Unembed(run, x);
    }

    private Tensor Embed(ForwardPass run)
    {
        var x = run.Buffer("x", run.Batch.RowCount, Config.DModel);                 // [row, d_model]
        for (var p = 0; p < run.Batch.Count; p++)
        {
            for (var i = 0; i < run.Batch.Length(p); i++)
                _w.Embed.CopyRow(run.Batch[p][i], x.Row(run.Batch.FirstRow(p) + i));
        }

        TensorPrimitives.Multiply(x.Span, MathF.Sqrt(Config.DModel), x.Span);
        run.Hooks.At(HookSite.Embed, 0, x);
        return x;
    }

    private void Attention(ForwardPass run, int layer, Tensor x)
    {
        var (w, hooks, rows) = (_w.Layers[layer], run.Hooks, x.Shape[0]);
        hooks.At(HookSite.ResidPre, layer, x);
        var n = RmsNormStep.Apply(run, "ln1", x, w.Ln1, _c.Eps, HookSite.Ln1Scale, HookSite.Ln1Normalized, layer);

        var q = run.Linear("q", n, w.Q).Reshape(rows, Config.Heads, Config.HeadDim);           // [row, head, d_head]
        var k = run.Linear("k", n, w.K).Reshape(rows, Config.KeyValueHeads, Config.HeadDim);   // [row, kv_head, d_head]
        var v = run.Linear("v", n, w.V).Reshape(rows, Config.KeyValueHeads, Config.HeadDim);   // [row, kv_head, d_head]
        hooks.At(HookSite.Q, layer, q);
        hooks.At(HookSite.K, layer, k);
        hooks.At(HookSite.V, layer, v);

        var (cos, sin) = _rope.Gather(run);                                         // [row, d_head / 2]
        Kernels.Rope(q.Span, Config.Heads, Config.HeadDim, cos.Span, sin.Span);
        Kernels.Rope(k.Span, Config.KeyValueHeads, Config.HeadDim, cos.Span, sin.Span);
        hooks.At(HookSite.RotQ, layer, q);
        hooks.At(HookSite.RotK, layer, k);

        // Hooks inside: attn_scores and pattern, [head, query, key].
        var z = AttentionStep.Apply(run, layer, q, k, v, _c.AttentionScale, _c.AttentionSoftCap, _c.IsLocal[layer] ? _c.Window : 0);
        hooks.At(HookSite.Z, layer, z);                                             // [row, head, d_head]

        var o = hooks.Wants(HookSite.Result, layer)
            ? HeadResults.Sum(run, layer, z, w.O)
            : run.Linear("o", z, w.O);                                              // [row, d_model]
        var attnOut = RmsNormStep.Apply(run, "ln1_post", o, w.Ln1Post, _c.Eps, HookSite.Ln1PostScale, HookSite.Ln1PostNormalized, layer);
        hooks.At(HookSite.AttnOut, layer, attnOut);                                 // [row, d_model]
        TensorPrimitives.Add(x.Span, attnOut.Span, x.Span);
        hooks.At(HookSite.ResidMid, layer, x);
    }

    private void Mlp(ForwardPass run, int layer, Tensor x)
    {
        var (w, hooks, input) = (_w.Layers[layer], run.Hooks, x);
        if (hooks.Wants(HookSite.MlpInput, layer))
        {
            x.Span.CopyTo((input = run.Buffer("mlp input", x.Shape)).Span);
            hooks.At(HookSite.MlpInput, layer, input);                              // [row, d_model]
        }

        var n = RmsNormStep.Apply(run, "ln2", input, w.Ln2, _c.Eps, HookSite.Ln2Scale, HookSite.Ln2Normalized, layer);
        hooks.At(HookSite.MlpIn, layer, n);                                         // [row, d_model]

        var gate = run.Linear("gate", n, w.Gate);                                   // [row, d_mlp]
        var up = run.Linear("up", n, w.Up);                                         // [row, d_mlp]
        hooks.At(HookSite.MlpPre, layer, gate);
        hooks.At(HookSite.MlpPreLinear, layer, up);
        Kernels.GeluTanhMul(gate.Span, up.Span, gate.Span);                         // gelu(gate) · up
        hooks.At(HookSite.MlpPost, layer, gate);

        var down = run.Linear("down", gate, w.Down);                                // [row, d_model]
        var mlpOut = RmsNormStep.Apply(run, "ln2_post", down, w.Ln2Post, _c.Eps, HookSite.Ln2PostScale, HookSite.Ln2PostNormalized, layer);
        hooks.At(HookSite.MlpOut, layer, mlpOut);                                   // [row, d_model]
        TensorPrimitives.Add(x.Span, mlpOut.Span, x.Span);
        hooks.At(HookSite.ResidPost, layer, x);
    }

    private Tensor Unembed(ForwardPass run, Tensor x)
    {
        if (run.LogitsAt == LogitsAt.Last && !WantsFinal(run.Hooks))
            x = LastRows(run, x);                                                   // [prompt, d_model]
        var n = RmsNormStep.Apply(run, "ln_final", x, _w.Final, _c.Eps, HookSite.FinalScale, HookSite.FinalNormalized, 0);
        run.Hooks.At(HookSite.UnembedIn, 0, n);
        var logits = Tensor.Uninitialized(n.Shape[0], Config.VocabSize);            // [row, d_vocab]
        Kernels.Linear(n.Span, _w.Unembed, logits.Span);
        run.Hooks.At(HookSite.UnembedOut, 0, logits);
        if (_c.LogitSoftCap > 0)
            Kernels.SoftCap(logits.Span, _c.LogitSoftCap, logits.Span);
        return logits;
    }
}
