using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>A spliced SAE at work in one run: <c>output = decode(encode(input)) + (original − undisturbed)</c>, the bracket with the error term only.</summary>
internal sealed class SaeSpliceRun(SaeSplice splice, IReadOnlySet<int>? excluded) : ISpliceRun
{
    private readonly SaeHistory? _edited = splice.ReadsEarlierTokens ? new SaeHistory(splice.Sae) : null;
    private readonly SaeHistory? _clean = splice.ReadsEarlierTokens && splice.HasErrorTerm ? new SaeHistory(splice.Sae) : null;

    public void Apply(Tensor input, HookValue value, HookScope hooks)
    {
        var y = value.Rows!;                                            // [row, d_out] or [row, head, d_head]
        if (y.Length == 0)
            return;
        var x = splice.Sae.Flat(input);                                 // [row, d_in]
        var original = splice.HasErrorTerm || excluded is not null ? y.Clone() : null;
        var output = Forward(x, value.Batch, _edited, hooks);           // [row, d_out]
        var undisturbed = splice.HasErrorTerm && splice.IsEdited(hooks) ? Forward(x, value.Batch, _clean, hooks: null) : output;
        Restore(value.Batch, original, output);
        output.Span.CopyTo(y.Span);

        if (splice.HasErrorTerm)
        {
            if (!ReferenceEquals(undisturbed, output))
                Restore(value.Batch, original, undisturbed);
            var error = original!;                                      // as the hook's own value
            TensorPrimitives.Subtract(error.Span, undisturbed.Span, error.Span);
            hooks.At(splice.Hook with { Sae = SaeSite.Error }, error);
            TensorPrimitives.Add(y.Span, error.Span, y.Span);
        }

        hooks.At(splice.Hook with { Sae = SaeSite.Output }, y);         // as the hook's own value
    }

    // A temporal SAE goes over the whole texts again; the rows of this step are taken out of them.
    private Tensor Forward(Tensor x, TokenBatch batch, SaeHistory? history, HookScope? hooks)
    {
        var rows = history?.Extend(x, batch);
        var inside = hooks is null ? null : new SaeSpliceHooks(splice, batch, hooks, rows, history);
        var pass = new SaePass { Texts = rows?.Lengths ?? Lengths(batch), Hooks = inside, AsSaeLensAttaches = splice.AsSaeLens };
        var output = splice.Sae.Forward(rows?.All ?? x, pass);
        return rows?.Take(output) ?? output;
    }

    private void Restore(TokenBatch batch, Tensor? original, Tensor output)
    {
        if (excluded is null)
            return;
        var width = output.Length / batch.RowCount;
        for (var p = 0; p < batch.Count; p++)
        {
            for (var i = 0; i < batch.Length(p); i++)
            {
                var at = (batch.FirstRow(p) + i) * width;
                if (excluded.Contains(batch[p][i]))
                    original!.Span.Slice(at, width).CopyTo(output.Span[at..]);
            }
        }
    }

    private static int[] Lengths(TokenBatch batch) => [.. Enumerable.Range(0, batch.Count).Select(batch.Length)];
}
