namespace FeatureInterp.Models;

/// <summary>
/// Something that takes the place of a hook's value during a run: a sparse autoencoder. The hook's bare name is then gone and the
/// names in <see cref="Points"/> stand in for it.
/// </summary>
public interface ISplice
{
    /// <summary>The hook whose value is replaced.</summary>
    HookPoint Hook { get; }

    /// <summary>The number of features, d_sae.</summary>
    int FeatureCount { get; }

    /// <summary>The hooks that fire instead, in order.</summary>
    IReadOnlyList<HookPoint> Points { get; }

    /// <summary>Checks, before a run, that this can stand there.</summary>
    /// <param name="model">The model that will run.</param>
    /// <exception cref="Exception">It does not fit; the message says why.</exception>
    void CheckFits(Transformer model);

    /// <summary>Writes the replacement into the value, firing its own hooks on the way.</summary>
    /// <param name="value">The hook's value.</param>
    /// <param name="hooks">The run's hooks.</param>
    void Apply(HookValue value, HookScope hooks);
}
