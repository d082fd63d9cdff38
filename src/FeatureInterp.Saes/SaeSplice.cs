using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// An SAE in the place of its hook, with SAELens's hooks inside; a transcoder reads one hook and stands in the place of another. With the
/// error term, what the undisturbed SAE fails to reconstruct is added to its output, so that only edits of its features change what the
/// model goes on with.
/// </summary>
internal sealed class SaeSplice : ISplice
{
    // Features that fire on a token where nothing is known of it: more than a good SAE has. Each takes the room of three values.
    private const int ExpectedL0 = 512;

    // A temporal SAE's codes, those of the token before, values, their mix, what is predicted, and the features.
    private const int CodesHeld = 6;

    /// <exception cref="SaeException">It is not known which hook it reads or writes.</exception>
    public SaeSplice(SparseAutoencoder sae, bool errorTerm, TokenSet? exclude, bool asSaeLens)
    {
        Sae = sae;
        HasErrorTerm = errorTerm;
        Excluded = exclude;
        AsSaeLens = asSaeLens;
        Points = [.. sae.SitesOf(asSaeLens).Concat(errorTerm ? [SaeSite.Error, SaeSite.Output] : [SaeSite.Output]).Select(s => Hook with { Sae = s })];
    }

    public SparseAutoencoder Sae { get; }

    /// <summary>Whether what the SAE fails to reconstruct is added back.</summary>
    public bool HasErrorTerm { get; }

    /// <summary>The tokens whose value stays the model's own; null for none.</summary>
    public TokenSet? Excluded { get; }

    /// <summary><see cref="SaePass.AsSaeLensAttaches"/>.</summary>
    public bool AsSaeLens { get; }

    public string Name => Sae.Name;

    public HookPoint Input => Sae.Config.Hook;

    public HookPoint Hook => Sae.HookWritten;

    public int FeatureCount => Sae.Config.DSae;

    public IReadOnlyList<HookPoint> Points { get; }

    public bool ReadsEarlierTokens => Sae.Config.Temporal is not null;

    public double ValuesPerToken(SaeSite site, HookScope hooks)
    {
        var c = Sae.Config;
        double dense = c.DSae, sparse = Math.Min(dense, 3.0 * (c.TopK?.K ?? ExpectedL0));
        return site switch
        {
            SaeSite.None when ReadsEarlierTokens => (HasErrorTerm ? 7.0 : 5) * c.DIn + CodesHeld * dense,
            SaeSite.None => 2.0 * c.DIn + (WantsDense(hooks) ? dense : sparse) + (HasErrorTerm ? 4.0 : 2) * c.DOut,
            SaeSite.ActsPre => dense,
            SaeSite.ActsPost => hooks.Edits(Hook with { Sae = site }) ? dense : sparse,
            SaeSite.Input => c.DIn,
            _ => c.DOut,
        };
    }

    /// <summary>Whether something inside is written into, so that the undisturbed reconstruction takes a second pass.</summary>
    public bool IsEdited(HookScope hooks) =>
        Points.Any(p => p.Sae is not (SaeSite.Error or SaeSite.Output) && hooks.Edits(p));

    public void CheckFits(Transformer model) => SaeFit.Check(Sae, model);

    public ISpliceRun Begin(Transformer model) => new SaeSpliceRun(this, Excluded?.Of(model));

    // Features that are only kept are kept sparse.
    private bool WantsDense(HookScope hooks) =>
        hooks.Wants(Hook with { Sae = SaeSite.ActsPre }) || hooks.Edits(Hook with { Sae = SaeSite.ActsPost });
}
