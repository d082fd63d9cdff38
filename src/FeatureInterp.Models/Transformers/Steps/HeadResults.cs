using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What each attention head writes, kept apart: <c>attn.hook_result</c>.</summary>
internal static class HeadResults
{
    /// <summary>result[row, h] = z[row, h] · W_O[h] → hook; the sum over the heads is the attention's output without its bias.</summary>
    /// <param name="run">The step.</param>
    /// <param name="layer">The block.</param>
    /// <param name="z">[row, head, d_head]</param>
    /// <param name="output">W_O, [head · d_head, d_model].</param>
    /// <returns>[row, d_model]</returns>
    public static Tensor Sum(ForwardPass run, int layer, Tensor z, LinearMap output)
    {
        int rows = z.Shape[0], heads = z.Shape[1], headDim = z.Shape[2], model = output.Outputs;
        var result = run.Buffer("result", rows, heads, model);              // [row, head, d_model]
        var alone = run.Buffer("one head", rows, heads, headDim);
        var written = run.Buffer("one head's result", rows, model);
        for (var h = 0; h < heads; h++)
        {
            alone.Span.Clear();
            for (var row = 0; row < rows; row++)
                z[row].Row(h).CopyTo(alone[row].Row(h));
            output.Apply(run.Batch.Rows, alone, written, withBias: false);
            for (var row = 0; row < rows; row++)
                written.Row(row).CopyTo(result[row].Row(h));
        }

        if (run.Tape is { } tape)
            HeadGradient.RecordWrites(tape, z, output, result);
        if (run.Processing.CenterWritingWeights)
            NormStep.Centre(run, result, model);
        run.Hooks.At(HookSite.Result, layer, result);
        var sum = run.Buffer("o", rows, model);
        sum.Span.Clear();
        for (var row = 0; row < rows; row++)
        {
            for (var h = 0; h < heads; h++)
                TensorPrimitives.Add(sum.Row(row), result[row].Row(h), sum.Row(row));
        }

        if (run.Tape is not null)
            HeadGradient.RecordSum(run.Tape, result, sum);
        return sum;
    }
}
