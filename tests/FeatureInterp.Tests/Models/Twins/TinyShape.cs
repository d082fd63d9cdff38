using System.Globalization;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>How rotary positions are stretched.</summary>
internal enum TinyScaling
{
    None,
    Linear,
    Llama3,
}

/// <summary>
/// The shape of a made-up model, small and with sizes that are no multiples of a vector's width. Each family uses what it knows;
/// <see cref="TwinFamily.Fit"/> makes the rest fit.
/// </summary>
internal sealed record TinyShape
{
    public int Layers { get; init; } = 3;

    public int DModel { get; init; } = 20;

    public int Heads { get; init; } = 4;

    public int KeyValueHeads { get; init; } = 2;

    public int HeadDim { get; init; } = 6;

    /// <summary>How many of a head's values turn, in families that turn a part of them.</summary>
    public int Turned { get; init; } = 4;

    public int DMlp { get; init; } = 28;

    public int Vocab { get; init; } = 61;

    public int Context { get; init; } = 40;

    public int? Window { get; init; } = 4;

    /// <summary>Qwen's <c>max_window_layers</c>.</summary>
    public int WindowFrom { get; init; }

    /// <summary>Gemma-3's <c>sliding_window_pattern</c>: each layer of this many is global.</summary>
    public int Pattern { get; init; } = 2;

    /// <summary>Whether each layer is local, as <c>layer_types</c> says; null leaves the field out of config.json.</summary>
    public bool[]? LayerTypes { get; init; }

    public double QueryScalar { get; init; } = 9;

    public double? AttentionCap { get; init; } = 5;

    public double? LogitCap { get; init; } = 8;

    public double RopeBase { get; init; } = 10_000;

    public TinyScaling Scaling { get; init; }

    public double ScalingFactor { get; init; } = 8;

    /// <summary>The context before <see cref="TinyScaling.Llama3"/> stretched it.</summary>
    public int OldContext { get; init; } = 64;

    public double Eps { get; init; } = 1e-6;

    public bool Tied { get; init; } = true;

    /// <summary>Whether config.json has the keys of transformers 5 (<c>rope_parameters</c>, <c>dtype</c>).</summary>
    public bool NewerKeys { get; init; }

    /// <summary>Whether the weights have what old files carry along: masks, tables, the prefix or copy a newer file lacks.</summary>
    public bool Leftovers { get; init; }

    public DType DType { get; init; } = DType.F32;

    public int Shards { get; init; } = 1;

    public int Seed { get; init; } = 1;

    /// <summary>Any shape, drawn with this seed.</summary>
    public static TinyShape Random(int seed)
    {
        var r = new Random(seed);
        int shared = r.Next(1, 4), headDim = 2 * r.Next(1, 7), layers = r.Next(1, 4);
        return new TinyShape
        {
            Layers = layers,
            DModel = r.Next(6, 40),
            Heads = shared * r.Next(1, 3),
            KeyValueHeads = shared,
            HeadDim = headDim,
            Turned = 2 * r.Next(0, headDim / 2 + 1),
            DMlp = r.Next(1, 50),
            Vocab = r.Next(3, 70),
            Window = r.Next(3) == 0 ? null : r.Next(1, 7),
            WindowFrom = r.Next(layers + 1),
            Pattern = r.Next(1, 4),
            LayerTypes = r.Next(2) == 0 ? null : [.. Enumerable.Range(0, layers).Select(_ => r.Next(2) == 0)],
            QueryScalar = r.Next(2, 40) + 0.5,
            AttentionCap = r.Next(2) == 0 ? null : r.Next(2, 10),
            LogitCap = r.Next(2) == 0 ? null : r.Next(2, 10),
            RopeBase = r.GetItems([10.0, 300, 10_000], 1)[0],
            Scaling = (TinyScaling)r.Next(3),
            ScalingFactor = r.Next(1, 9) + 0.25,
            OldContext = r.Next(16, 100),
            Eps = r.GetItems([1e-6, 1e-5, 1e-2], 1)[0],
            Tied = r.Next(2) == 0,
            NewerKeys = r.Next(2) == 0,
            Leftovers = r.Next(2) == 0,
            DType = r.GetItems([DType.F32, DType.F32, DType.BF16, DType.F16], 1)[0],
            Shards = r.Next(1, 4),
            Seed = seed,
        };
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Layers} layers, d_model {DModel}, heads {Heads}/{KeyValueHeads} of {HeadDim}, mlp {DMlp}, vocab {Vocab}, window {Window}, caps {AttentionCap}/{LogitCap}, rope {Turned} {RopeBase} {Scaling}, tied {Tied}, types {LayerTypes is not null}, {DType}, {Shards} files");
}
