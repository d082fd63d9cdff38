using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What an SAE computes and where it belongs, whatever file it came from.</summary>
public sealed record SaeConfig
{
    /// <summary>How the features are made.</summary>
    public required SaeArchitecture Architecture { get; init; }

    /// <summary>The width of what it encodes.</summary>
    public required int DIn { get; init; }

    /// <summary>The width of what it decodes to: d_in, but for a transcoder.</summary>
    public required int DOut { get; init; }

    /// <summary>The number of features.</summary>
    public required int DSae { get; init; }

    /// <summary>Whether b_dec is taken from the input before encoding.</summary>
    public required bool ApplyBDecToInput { get; init; }

    /// <summary>What is done to an input first.</summary>
    public SaeNormalization Normalization { get; init; }

    /// <summary>The factor of <see cref="SaeNormalization.ConstantScalarRescale"/>.</summary>
    public double NormalizationFactor { get; init; } = 1;

    /// <summary>Whether the heads of hook_z are laid side by side: [pos, head, d_head] is encoded as [pos, head · d_head].</summary>
    public bool FlattensHeads { get; init; }

    /// <summary>The hook it reads; null when its files do not say, so that it can encode but not be put into a model.</summary>
    public HookPoint? HookIn { get; init; }

    /// <summary>The hook it writes, for a transcoder; null for an SAE, which writes where it reads.</summary>
    public HookPoint? HookOut { get; init; }

    /// <summary>What a TopK SAE keeps; null for other kinds.</summary>
    public SaeTopK? TopK { get; init; }

    /// <summary>The attention of a temporal SAE; null for other kinds.</summary>
    public SaeTemporal? Temporal { get; init; }

    /// <summary>When matching pursuit stops; null for other kinds.</summary>
    public SaePursuit? Pursuit { get; init; }

    /// <summary>What is known of its training.</summary>
    public SaeOrigin Origin { get; init; } = new();

    /// <summary>The hook it reads.</summary>
    /// <exception cref="SaeException">Its files do not say.</exception>
    public HookPoint Hook => HookIn ?? throw new SaeException("The SAE's files do not say which hook it reads; name it when loading (SaeLoadOptions.Hook).");

    /// <summary>
    /// Whether it is a transcoder: made to give another hook's value than the one it reads, even where its files do not name that hook.
    /// Its input is normalised, its output never put back on the input's scale.
    /// </summary>
    public bool IsTranscoder { get => field || HookOut is not null; init; }

    /// <summary>The model it was trained on, if it says.</summary>
    public string? ModelName => Origin.ModelName;

    /// <summary>Whether its training texts began with the beginning-of-sequence token.</summary>
    public bool PrependBos => Origin.PrependBos;
}
