using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>From the last residual stream to logits.</summary>
internal static class UnembedStep
{
    /// <summary>logits = norm(x)·W_U + b_U, less their mean when the unembedding is centred → hook; cap·tanh(logits / cap).</summary>
    /// <param name="run">The step.</param>
    /// <param name="x">[row, d_model]</param>
    /// <param name="w">The model's arrays.</param>
    /// <param name="softCap">0 for none.</param>
    /// <returns>[row, d_vocab], or [prompt, d_vocab] when only the last positions are asked for.</returns>
    public static Tensor Apply(ForwardPass run, Tensor x, ModelWeights w, float softCap = 0)
    {
        var rows = run.Batch.Rows;
        if (run.LogitsAt == LogitsAt.Last && !WantsFinal(run.Hooks))
            (x, rows) = (LastRows(run, x), RowSplit.OfLast(run.Batch));             // [prompt, d_model]
        var n = NormStep.BeforeReading(run, NormPlace.Final, 0, x, w.Final, HookSite.UnembedIn);
        int count = n.Shape[0], vocabulary = w.Unembed.Outputs;
        var logits = run.LogitsRoom is { } room && room.LongLength >= (long)count * vocabulary // [row, d_vocab]
            ? new Tensor(room.AsMemory(0, count * vocabulary), count, vocabulary)
            : Tensor.Uninitialized(count, vocabulary);
        w.Unembed.Apply(rows, n, logits);
        if (run.Tape is { } tape)
            LinearGradient.Record(tape, n, w.Unembed, logits);
        if (run.Processing.CenterUnembed)
            NormStep.Centre(run, logits, w.Unembed.Outputs);
        run.Hooks.At(HookSite.UnembedOut, 0, logits);
        if (softCap > 0)
            SoftCap(run, logits, softCap);
        return logits;
    }

    private static void SoftCap(ForwardPass run, Tensor logits, float softCap)
    {
        Kernels.SoftCap(logits.Span, softCap, logits.Span);
        if (run.Tape is { } tape)
            UnembedGradient.RecordSoftCap(tape, logits, softCap);
    }

    // A hook after the last block needs every position carried to the end.
    private static bool WantsFinal(HookScope hooks) =>
        hooks.Wants(HookSite.FinalScale) || hooks.Wants(HookSite.FinalNormalized) || hooks.Wants(HookSite.UnembedIn) || hooks.Wants(HookSite.UnembedOut);

    // Prompts without a token in this step have no row.
    private static Tensor LastRows(ForwardPass run, Tensor x)
    {
        var rows = Enumerable.Range(0, run.Batch.Count).Where(p => run.Batch.Length(p) > 0).Select(run.Batch.LastRow).ToArray();
        var last = run.Buffer("last rows", rows.Length, x.Shape[1]);
        for (var i = 0; i < rows.Length; i++)
            x.Row(rows[i]).CopyTo(last.Row(i));
        if (run.Tape is { } tape)
            UnembedGradient.RecordRows(tape, x, last, rows);
        return last;
    }
}
