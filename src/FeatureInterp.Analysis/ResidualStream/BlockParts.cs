using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>One block's heads and neurons and what each writes to the residual stream.</summary>
internal sealed class BlockParts(StreamRecord record, int layer, bool throughPostNorm, CancellationToken cancellation)
{
    private readonly LensBlockWeights _weights = record.Model.LensWeights.Block(layer);

    /// <summary>z[head]·W_O[head] for every head.</summary>
    public void AddHeads(StackBuilder stack)
    {
        var z = record.Inside(HookSite.Z, layer, cancellation);                     // [pos, head, d_head]
        var output = _weights.W_O();                                                // [head, d_head, d_model]
        int heads = output.Shape[0], width = output.Shape[1], model = output.Shape[2];
        for (var h = 0; h < heads; h++)
        {
            var weight = Weight.FromFloats("W_O", output.Row(h), width, model);
            for (var p = 0; p < z.Count; p++)
            {
                var at = stack.Positions[p];
                var read = Tensor.Uninitialized(at.Length, width);
                for (var i = 0; i < at.Length; i++)
                    z[p][at[i]].Row(h).CopyTo(read.Row(i));
                Kernels.MatMul(read.Span, weight, stack.Next(p).Span);
                PostNorm(stack, p, HookSite.Ln1PostScale, _weights.Ln1PostGain());
            }

            stack.Name($"L{layer}H{h}");
        }
    }

    /// <summary>The activation times the row of W_out for some neurons.</summary>
    public void AddNeurons(StackBuilder stack, IReadOnlyList<int> neurons)
    {
        var post = record.Inside(HookSite.MlpPost, layer, cancellation);            // [pos, d_mlp]
        var (output, gain) = (_weights.W_out(), _weights.Ln2PostGain());            // [d_mlp, d_model]
        foreach (var n in neurons)
        {
            for (var p = 0; p < post.Count; p++)
            {
                var at = stack.Positions[p];
                for (var i = 0; i < at.Length; i++)
                    TensorPrimitives.Multiply(output.Row(n), post[p][at[i], n], stack.Next(p).Row(i));
                PostNorm(stack, p, HookSite.Ln2PostScale, gain);
            }

            stack.Name($"L{layer}N{n}");
        }
    }

    /// <summary>For each neuron its activation at one position and what it adds along a direction, [d_mlp] each.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="position">The position.</param>
    /// <param name="direction">[d_model]</param>
    public (float[] Activations, float[] Along) NeuronsAlong(int prompt, int position, Tensor direction)
    {
        var activations = record.Inside(HookSite.MlpPost, layer, cancellation)[prompt].Row(position).ToArray();
        var (output, along) = (_weights.W_out(), new float[activations.Length]);
        if (throughPostNorm && _weights.Ln2PostGain() is { } gain)
        {
            direction = direction.Clone();
            TensorPrimitives.Multiply(direction.Span, gain.Span, direction.Span);
            TensorPrimitives.Divide(direction.Span, record.Kept(HookSite.Ln2PostScale, layer)[prompt].Span[position], direction.Span);
        }

        for (var n = 0; n < along.Length; n++)
            along[n] = activations[n] * TensorPrimitives.Dot<float>(output.Row(n), direction.Span);
        return (activations, along);
    }

    // A root-mean-square norm is linear once its scale is known.
    private void PostNorm(StackBuilder stack, int prompt, HookSite scaleSite, Tensor? gain)
    {
        if (!throughPostNorm || gain is null)
            return;
        var (scale, rows) = (record.Kept(scaleSite, layer)[prompt], stack.Next(prompt));
        for (var i = 0; i < rows.Shape[0]; i++)
        {
            TensorPrimitives.Multiply(rows.Row(i), gain.Span, rows.Row(i));
            TensorPrimitives.Divide(rows.Row(i), scale.Span[stack.Positions[prompt][i]], rows.Row(i));
        }
    }
}
