using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>A run that advances one block at a time and holds the residual stream between two blocks.</summary>
internal sealed class PatchStream
{
    private readonly Transformer _model;

    private PatchStream(Transformer model, int[][] tokens, Tensor rows)
    {
        _model = model;
        Tokens = tokens;
        Rows = rows;
    }

    /// <summary>The token ids of each prompt.</summary>
    public int[][] Tokens { get; }

    /// <summary>The stream that enters <see cref="Layer"/>, [row, d_model], prompt after prompt.</summary>
    public Tensor Rows { get; private set; }

    /// <summary>The block that comes next.</summary>
    public int Layer { get; private set; }

    /// <summary>What enters block 0.</summary>
    public static PatchStream Start(Transformer model, Prompts prompts, CancellationToken cancellation)
    {
        var run = model.Run(prompts, stopAtLayer: 0, cancellation: cancellation);
        return new PatchStream(model, [.. Enumerable.Range(0, run.Batch.Count).Select(p => run.Batch[p].ToArray())], run.Residual);
    }

    /// <summary>Runs the next block.</summary>
    /// <param name="keep">A value of that block to give back, or null.</param>
    /// <param name="cancellation">Looked at before the block.</param>
    public Activation? Advance(HookPoint? keep, CancellationToken cancellation)
    {
        // The last block's output is what the model leaves at hook_resid_post: a run cannot stop behind it without unembedding.
        var isLast = Layer + 1 == _model.Config.Layers;
        var leaving = new HookPoint(HookSite.ResidPost, Layer);
        List<string> capture = keep is { } kept ? [kept.ToString()] : [];
        if (isLast)
            capture.Add(leaving.ToString());
        var run = _model.Run(Tokens, capture: new HookSelection(capture), startAtLayer: Layer, residual: Rows, stopAtLayer: Layer + 1, logits: LogitsAt.Last, cancellation: cancellation);
        Rows = isLast ? Joined(run.Activations[leaving]) : run.Residual;
        Layer++;
        return keep is { } point ? run.Activations[point] : null;
    }

    private Tensor Joined(Activation prompts)
    {
        var (rows, first) = (Tensor.Uninitialized(Rows.Shape), 0);
        for (var p = 0; p < prompts.Count; p++)
        {
            prompts[p].Span.CopyTo(rows.Rows(first, prompts[p].Shape[0]).Span);
            first += prompts[p].Shape[0];
        }

        return rows;
    }
}
