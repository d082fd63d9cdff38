namespace FeatureInterp.Models;

/// <summary>
/// Something that takes the place of a hook's value during a run: a sparse autoencoder. The hook's bare name is then gone and the
/// names in <see cref="Points"/> stand in for it. One object may be used in several runs at once; what a run remembers is in its
/// <see cref="ISpliceRun"/>.
/// </summary>
public interface ISplice
{
    /// <summary>What to call it in a message.</summary>
    string Name { get; }

    /// <summary>The hook whose value it reads: <see cref="Hook"/>, or an earlier one for a transcoder. That one keeps its bare name.</summary>
    HookPoint Input { get; }

    /// <summary>The hook whose value is replaced.</summary>
    HookPoint Hook { get; }

    /// <summary>The number of features, d_sae.</summary>
    int FeatureCount { get; }

    /// <summary>The hooks that fire instead, in order.</summary>
    IReadOnlyList<HookPoint> Points { get; }

    /// <summary>Whether what it makes of a token depends on the tokens before, so that a run with a KV cache needs those of its earlier steps.</summary>
    bool ReadsEarlierTokens { get; }

    /// <summary>Room it needs for each token, in fp32 values, for the plan of a run's memory.</summary>
    /// <param name="site">What is kept at this site inside; for <see cref="SaeSite.None"/>, what it works with.</param>
    /// <param name="hooks">The run's hooks: what is looked at inside decides what has to be written out.</param>
    double ValuesPerToken(SaeSite site, HookScope hooks);

    /// <summary>Checks, before a run, that this can stand there.</summary>
    /// <param name="model">The model that will run.</param>
    /// <exception cref="Exception">It does not fit; the message says why.</exception>
    void CheckFits(Transformer model);

    /// <summary>Starts a run: one call of <see cref="Transformer.Run"/>, or all steps of a generation.</summary>
    /// <param name="model">The model that runs.</param>
    ISpliceRun Begin(Transformer model);
}
