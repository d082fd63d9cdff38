using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Which positions' logits a run computes.</summary>
public enum LogitsAt
{
    /// <summary>Every position of every prompt.</summary>
    Every,

    /// <summary>Only each prompt's last token: all that generation needs.</summary>
    Last,
}

/// <summary>What an architecture is given for one step through its layers.</summary>
public sealed class ForwardPass
{
    private readonly Workspace _work;

    internal ForwardPass(TokenBatch batch, HookScope hooks, Workspace work)
    {
        Batch = batch;
        Hooks = hooks;
        _work = work;
        hooks.Begin(batch);
    }

    /// <summary>The tokens.</summary>
    public TokenBatch Batch { get; }

    /// <summary>What is kept, changed or replaced on the way.</summary>
    public HookScope Hooks { get; }

    /// <summary>Keys and values of earlier steps, if any.</summary>
    public KvCache? Cache { get; init; }

    /// <summary>The first block to run.</summary>
    public int StartLayer { get; init; }

    /// <summary>The block to stop before; the number of layers for the whole model.</summary>
    public required int StopLayer { get; init; }

    /// <summary>The residual stream [row, d_model] to start from, in place of the embedding.</summary>
    public Tensor? Residual { get; init; }

    /// <summary>Which positions need logits.</summary>
    public LogitsAt LogitsAt { get; init; }

    /// <summary>Where the logits may go, if not into memory of their own: a vocabulary's worth of numbers is slow to allocate.</summary>
    internal float[]? LogitsRoom { get; init; }

    /// <summary>Looked at before each block.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Where each step notes how a gradient goes back through it; null in a run without gradients.</summary>
    internal Tape? Tape { get; set; }

    /// <summary>Room for an intermediate result; the same name gives the same memory again.</summary>
    /// <param name="name">The buffer's name.</param>
    /// <param name="shape">The shape it is used in.</param>
    public Tensor Buffer(string name, params ReadOnlySpan<int> shape) => _work.Get(name, shape);

    /// <summary>What the model's weight processing changes in this run.</summary>
    public WeightProcessing Processing { get; init; } = WeightProcessing.None;

    /// <summary>Whether layer norms show x after gain and bias; see <see cref="NormalizedHook"/>.</summary>
    public bool NormalizedAfterGain { get; init; }

    /// <summary>y = x·W + b into a named buffer.</summary>
    /// <param name="name">The buffer's name.</param>
    /// <param name="x">[row, in], or [row, head, d_head] read as that.</param>
    /// <param name="map">W [in, out] and b.</param>
    /// <param name="withBias">Whether to add b.</param>
    /// <returns>[row, out]</returns>
    internal Tensor Linear(string name, Tensor x, LinearMap map, bool withBias = true)
    {
        var y = Buffer(name, x.Shape[0], map.Outputs);
        map.Apply(Batch.Rows, x, y, withBias);
        if (Tape is { } tape)
            LinearGradient.Record(tape, x, map, y);
        return y;
    }

    /// <summary>x += y.</summary>
    /// <param name="x">The residual stream, [row, d_model].</param>
    /// <param name="y">What is written onto it, of the same shape.</param>
    internal void Add(Tensor x, Tensor y)
    {
        Kernels.Add(x.Span, y.Span, x.Span);
        if (Tape is { } tape)
            AddGradient.Record(tape, x, y);
    }
}
