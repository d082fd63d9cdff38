using System.Globalization;

namespace FeatureInterp.Models;

/// <summary>The values inside a sparse autoencoder that is spliced in at a hook, in the order in which they arise.</summary>
public enum SaeSite
{
    /// <summary>Not inside an SAE.</summary>
    None,

    /// <summary><c>hook_sae_input</c>, [pos, d_in].</summary>
    Input,

    /// <summary><c>hook_sae_acts_pre</c>, [pos, d_sae]: before the activation function.</summary>
    ActsPre,

    /// <summary><c>hook_sae_acts_post</c>, [pos, d_sae]: the features.</summary>
    ActsPost,

    /// <summary><c>hook_sae_recons</c>, [pos, d_in]: what the features decode to.</summary>
    Recons,

    /// <summary><c>hook_sae_error</c>: the input minus its undisturbed reconstruction; only with the error term.</summary>
    Error,

    /// <summary><c>hook_sae_output</c>: what takes the place of the hook's value.</summary>
    Output,
}

/// <summary>
/// One place in one layer where a value can be looked at or changed. Printed and parsed as TransformerLens and SAELens print it:
/// <c>blocks.3.hook_resid_post</c>, <c>blocks.3.hook_resid_post.hook_sae_acts_post</c>.
/// </summary>
/// <param name="Site">Where in the block (or outside the blocks).</param>
/// <param name="Layer">The block, from 0; 0 for a site outside the blocks.</param>
/// <param name="Sae">Where inside the SAE that is spliced in there; <see cref="SaeSite.None"/> for the model's own value.</param>
public readonly record struct HookPoint(HookSite Site, int Layer = 0, SaeSite Sae = SaeSite.None)
{
    private static readonly string[] SaeSuffixes =
        ["", ".hook_sae_input", ".hook_sae_acts_pre", ".hook_sae_acts_post", ".hook_sae_recons", ".hook_sae_error", ".hook_sae_output"];

    /// <summary>
    /// Of a value between two blocks, how many blocks come before it: a run with this as its <c>stopAtLayer</c> ends with the value, one
    /// with it as <c>startAtLayer</c> begins from it. Null for a value inside a block, outside the blocks or inside an SAE.
    /// </summary>
    public int? BlocksBefore => (Site, Sae) switch
    {
        (HookSite.ResidPre, SaeSite.None) => Layer,
        (HookSite.ResidPost, SaeSite.None) => Layer + 1,
        _ => null,
    };

    /// <summary>Reads a name such as <c>blocks.20.hook_resid_post</c>.</summary>
    /// <param name="name">The name, exactly as printed.</param>
    /// <exception cref="HookException">There is no such hook; the message names the nearest.</exception>
    public static HookPoint Parse(string name) => TryParse(name, out var point)
        ? point
        : throw new HookException($"There is no hook '{name}'; did you mean '{Nearest(name)}'?");

    /// <summary>Reads a name, if it is one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="point">The place it names.</param>
    /// <returns>Whether <paramref name="name"/> is a hook of some architecture.</returns>
    public static bool TryParse(string name, out HookPoint point)
    {
        point = default;
        var sae = Array.FindLastIndex(SaeSuffixes, s => name.EndsWith(s, StringComparison.Ordinal));
        var template = Template(name[..^SaeSuffixes[sae].Length], out var layer);
        if (name.Contains('#', StringComparison.Ordinal) || !HookSites.TryFind(template, out var site))
            return false;
        point = new HookPoint(site, layer, (SaeSite)sae);
        return true;
    }

    /// <summary>The name, as TransformerLens and SAELens print it.</summary>
    public override string ToString() => Site.Name(Layer) + SaeSuffixes[(int)Sae];

    /// <summary>The name with the layer's number replaced by <c>#</c>, and that number.</summary>
    private static string Template(string name, out int layer)
    {
        layer = 0;
        if (!name.StartsWith("blocks.", StringComparison.Ordinal))
            return name;
        var end = name.IndexOf('.', 7);
        var digits = end < 0 ? default : name.AsSpan(7, end - 7);
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') || (digits.Length > 1 && digits[0] == '0')
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out layer))
            return name;
        return string.Concat("blocks.#", name.AsSpan(end));
    }

    // What was probably meant as the layer is the first number of the name, zeros in front or not.
    private static string? Nearest(string name)
    {
        var digits = string.Concat(name.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit));
        _ = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var layer);
        var bare = HookSites.All.Select(s => s.Name(layer));
        return Tensors.NearestName.Of(name, name.Contains(".hook_sae", StringComparison.Ordinal)
            ? bare.SelectMany(b => SaeSuffixes.Select(s => b + s))
            : bare);
    }
}

/// <summary>A hook was asked for that is not there, or cannot be used in that way. The message names the nearest or the remedy.</summary>
public sealed class HookException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">One sentence.</param>
    public HookException(string message)
        : base(message)
    {
    }
}
