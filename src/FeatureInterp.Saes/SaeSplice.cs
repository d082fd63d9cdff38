using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// An SAE in the place of its hook, with SAELens's hooks inside. With the error term, what the undisturbed SAE fails to reconstruct
/// is added to its output, so that only edits of its features change what the model goes on with.
/// </summary>
internal sealed class SaeSplice : ISplice
{
    private readonly SparseAutoencoder _sae;
    private readonly bool _errorTerm;

    public SaeSplice(SparseAutoencoder sae, bool errorTerm)
    {
        _sae = sae;
        _errorTerm = errorTerm;
        Points = [.. Enum.GetValues<SaeSite>()
            .Where(s => s != SaeSite.None && (errorTerm || s != SaeSite.Error))
            .Select(s => Hook with { Sae = s })];
    }

    public HookPoint Hook => _sae.Config.Hook;

    public IReadOnlyList<HookPoint> Points { get; }

    public void CheckFits(Transformer model) => SaeFit.Check(_sae, model);

    public void Apply(HookValue value, HookScope hooks)
    {
        var x = value.Rows!;                                            // [row, d_in] or [row, head, d_head]
        if (x.Length == 0)
            return;
        var error = _errorTerm ? Error(x) : null;
        var flat = _sae.Flat(x);

        hooks.At(Hook with { Sae = SaeSite.Input }, flat);              // [row, d_in]
        var input = _sae.Prepare(flat.Clone(), out var scaling);
        var acts = _sae.PreActivations(input);
        hooks.At(Hook with { Sae = SaeSite.ActsPre }, acts);            // [row, d_sae]
        _sae.Activate(acts);
        hooks.At(Hook with { Sae = SaeSite.ActsPost }, acts);           // [row, d_sae]
        var output = _sae.Decode(acts);
        hooks.At(Hook with { Sae = SaeSite.Recons }, output);           // [row, d_in]
        scaling?.Undo(output);
        output.Span.CopyTo(x.Span);

        if (error is not null)
        {
            hooks.At(Hook with { Sae = SaeSite.Error }, error);         // as the hook's own value
            TensorPrimitives.Add(x.Span, error.Span, x.Span);
        }

        hooks.At(Hook with { Sae = SaeSite.Output }, x);                // as the hook's own value
    }

    // From the value before any edit, by an SAE without hooks.
    private Tensor Error(Tensor x)
    {
        var error = _sae.Reconstruct(x);
        TensorPrimitives.Subtract(x.Span, error.Span, error.Span);
        return error;
    }
}
