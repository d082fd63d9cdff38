namespace FeatureInterp.Models;

/// <summary>Takes a gradient back through a change of a value: is given dL/d(value after the change) and writes dL/d(value before it) in its place.</summary>
/// <param name="gradient">The gradient at the hook, of the value's shape; its memory is used again once the call is over.</param>
public delegate void Pullback(HookValue gradient);

/// <summary>
/// A change to the value at one or several hooks in a run that also computes gradients: what happens on the way forward, and how a gradient
/// goes back through it. An SAE in the place of a hook is one: forward it writes its reconstruction and remembers its features; the pullback is
/// given dL/d(output), has dL/d(features) as that times W_decᵀ, and leaves what goes on upstream through the encoder. Two that share what they
/// remember make a transcoder: one reads at a hook, the other writes at a later one.
/// </summary>
/// <param name="Hook">A hook's name, or a pattern with <c>*</c> and <c>?</c>.</param>
/// <param name="Apply">
/// Called once a run for each hook, in the order of the run: writes the new value into the one it is given and says how a gradient goes back
/// through the change; null where it goes back unchanged. The pullbacks are called in the opposite order.
/// </param>
public sealed record GradientEdit(string Hook, Func<HookValue, Pullback?> Apply)
{
    /// <summary>A value that depends on nothing before it, whatever it was made of: no gradient goes further back.</summary>
    /// <param name="edit">The change; see <see cref="Hold"/> for none.</param>
    public static GradientEdit Constant(Edit edit) => new(edit.Hook, value =>
    {
        edit.Apply(value);
        return Clear;
    });

    /// <summary>
    /// A value left as it is and treated as a constant: with <c>blocks.*.attn.hook_pattern</c> attention goes where it goes, and with
    /// <c>blocks.*.ln1.hook_scale</c> norms are linear.
    /// </summary>
    /// <param name="hook">A hook's name or pattern.</param>
    public static GradientEdit Hold(string hook) => new(hook, _ => Clear);

    /// <summary>A shift by what does not depend on the value, as <see cref="Models.Hook.Add"/> makes: the gradient goes back unchanged.</summary>
    /// <param name="edit">The change.</param>
    public static GradientEdit Shift(Edit edit) => new(edit.Hook, value =>
    {
        edit.Apply(value);
        return null;
    });

    /// <summary>A linear map that is its own transpose, as <see cref="Models.Hook.Zero"/> makes: the gradient goes through the same change.</summary>
    /// <param name="edit">The change.</param>
    public static GradientEdit Mask(Edit edit) => new(edit.Hook, value =>
    {
        edit.Apply(value);
        return gradient => edit.Apply(gradient);
    });

    private static void Clear(HookValue gradient)
    {
        for (var p = 0; p < gradient.Count; p++)
            gradient[p].Span.Clear();
    }
}
