using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What an SAE reads in a model: the values of its hook.</summary>
internal static class SaeInputs
{
    /// <summary>Runs the model as far as the SAE's hook and no further.</summary>
    /// <param name="model">The model; the SAE fits it.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompts">Token ids, a list a prompt.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <returns>For each prompt [pos, d_in], or [pos, head, d_head].</returns>
    public static Tensor[] Read(Transformer model, SparseAutoencoder sae, int[][] prompts, CancellationToken cancellation)
    {
        var hook = sae.Config.Hook;
        // Between two blocks the value is where a run stops, and need not be kept besides; the block behind it need not be run.
        if (hook.BlocksBefore is { } blocks && blocks > 0 && blocks < model.Config.Layers)
            return Split(model.Run(prompts, stopAtLayer: blocks, cancellation: cancellation).Residual, prompts);
        int? stop = hook.ToString().StartsWith("blocks.", StringComparison.Ordinal) ? hook.Layer + 1 : null;
        var run = model.Run(prompts, capture: hook.ToString(), stopAtLayer: stop, logits: LogitsAt.Last, cancellation: cancellation);
        return [.. Enumerable.Range(0, prompts.Length).Select(p => run.Activations[hook][p])];
    }

    private static Tensor[] Split(Tensor rows, int[][] prompts)
    {
        var result = new Tensor[prompts.Length];
        for (int p = 0, row = 0; p < prompts.Length; row += prompts[p].Length, p++)
            result[p] = rows.Rows(row, prompts[p].Length);
        return result;
    }
}
