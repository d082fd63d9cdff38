using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// The value at a hook while a run passes it: one tensor a prompt, each as long as that prompt. An edit writes into them.
/// </summary>
public sealed class HookValue
{
    private readonly Tensor[] _prompts;

    /// <summary>A value of a site that has one row a token.</summary>
    /// <param name="point">Where.</param>
    /// <param name="batch">The tokens of this step.</param>
    /// <param name="rows">[row, …]: the prompts' rows one after another.</param>
    internal HookValue(HookPoint point, TokenBatch batch, Tensor rows)
    {
        Point = point;
        Batch = batch;
        Rows = rows;
        _prompts = new Tensor[batch.Count];
        for (var p = 0; p < _prompts.Length; p++)
            _prompts[p] = rows.Rows(batch.FirstRow(p), batch.Length(p));
    }

    /// <summary>A value of a site that has one matrix a head.</summary>
    internal HookValue(HookPoint point, TokenBatch batch, Tensor[] prompts)
    {
        Point = point;
        Batch = batch;
        _prompts = prompts;
    }

    /// <summary>Where the value is.</summary>
    public HookPoint Point { get; }

    /// <summary>The tokens whose values these are: the whole prompts, or one new token a prompt while generating.</summary>
    public TokenBatch Batch { get; }

    /// <summary>All prompts' rows one after another, [row, …]; null for attention scores and patterns.</summary>
    public Tensor? Rows { get; }

    /// <summary>The number of prompts.</summary>
    public int Count => _prompts.Length;

    /// <summary>One prompt's value: [pos, …], or [head, query, key] for attention scores and patterns.</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor this[int prompt] => _prompts[prompt];

    /// <summary>One prompt's value by itself, sharing the memory.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="batch">Its tokens alone.</param>
    internal HookValue Only(int prompt, TokenBatch batch) =>
        Rows is null ? new HookValue(Point, batch, [_prompts[prompt]]) : new HookValue(Point, batch, _prompts[prompt]);

    /// <summary>A copy that later layers do not write over.</summary>
    internal Activation Keep() => Rows is { } rows
        ? new Activation(Point.ToString(), new HookValue(Point, Batch, rows.Clone())._prompts)
        : new Activation(Point.ToString(), Array.ConvertAll(_prompts, t => t.Clone()));
}
