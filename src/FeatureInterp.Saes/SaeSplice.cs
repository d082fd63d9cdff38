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

    public int FeatureCount => _sae.Config.DSae;

    public IReadOnlyList<HookPoint> Points { get; }

    public void CheckFits(Transformer model) => SaeFit.Check(_sae, model);

    public void Apply(HookValue value, HookScope hooks)
    {
        var x = value.Rows!;                                            // [row, d_in] or [row, head, d_head]
        if (x.Length == 0)
            return;
        var texts = Enumerable.Range(0, value.Count).Select(p => value[p].Shape[0]).ToArray();
        var error = _errorTerm ? x.Clone() : null;                      // what is left of it once the reconstruction is taken away
        var undisturbed = _errorTerm && HasEdits(hooks) ? _sae.Reconstruct(x, texts) : null;
        var output = _sae.Forward(x, new SaePass { Texts = texts, Hooks = new Inside(Hook, hooks) });
        output.Span.CopyTo(x.Span);

        if (error is not null)
        {
            TensorPrimitives.Subtract(error.Span, (undisturbed ?? output).Span, error.Span);
            hooks.At(Hook with { Sae = SaeSite.Error }, error);         // as the hook's own value
            TensorPrimitives.Add(x.Span, error.Span, x.Span);
        }

        hooks.At(Hook with { Sae = SaeSite.Output }, x);                // as the hook's own value
    }

    private sealed class Inside(HookPoint hook, HookScope hooks) : ISaeHooks
    {
        public bool Wants(SaeSite site) => hooks.Wants(hook with { Sae = site });

        public void At(SaeSite site, Tensor value) => hooks.At(hook with { Sae = site }, value);
    }

    // Without edits inside, the reconstruction that is made anyway is the undisturbed one; with them it takes a second pass.
    private bool HasEdits(HookScope hooks) =>
        Points.Any(p => p.Sae is not (SaeSite.Error or SaeSite.Output) && hooks.Edits(p));
}
