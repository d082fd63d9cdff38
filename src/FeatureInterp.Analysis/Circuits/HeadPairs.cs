using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// The arithmetic of composition scores. With A = Q_A·R_A the norm of A·B·C·D is that of R_A·B·C·R_Dᵀ, since Q has orthonormal columns: each side shrinks to one factor of d_head rows or columns,
/// and all pairs of heads of two layers are one product [head · d_head, d_model] · [d_model, head · d_head]. Only the small R of every head is kept from layer to layer.
/// </summary>
internal static class HeadPairs
{
    public static Tensor Scores(Transformer model, CompositionMode mode, IProgress<double>? progress, CancellationToken cancellation)
    {
        int layers = model.Config.Layers, heads = model.Config.Heads;
        var scores = Tensor.Zeros(layers, heads, layers, heads);
        var cores = new Tensor[layers];                                                             // R of W_V, [head, ≤ d_head, d_head]
        for (var later = 0; later < layers; later++)
        {
            cancellation.ThrowIfCancellationRequested();
            var right = later > 0 ? Right(model, later, mode) : null;                               // [d_model, head · d_head]
            for (var earlier = 0; earlier < later; earlier++)
            {
                cancellation.ThrowIfCancellationRequested();
                var left = Left(model, earlier, cores[earlier]);                                    // [head · d_head, d_model]
                Fill(scores, earlier, later, left, right!, heads);
            }

            cores[later] = Cores(model.LensWeights.Block(later).W_V());
            progress?.Report((later + 1.0) / layers);
        }

        return scores;
    }

    private static void Fill(Tensor scores, int earlier, int later, Tensor left, Tensor right, int heads)
    {
        int model = left.Shape[1], rows = left.Shape[0] / heads, columns = right.Shape[1] / heads;
        var product = Tensor.Uninitialized(left.Shape[0], right.Shape[1]);
        Kernels.MatMul(left.Span, Weight.FromFloats("later heads", right.Span, model, right.Shape[1]), product.Span);
        var rightNorms = new double[heads];
        for (var i = 0; i < right.Length; i++)
            rightNorms[i % right.Shape[1] / columns] += (double)right.Span[i] * right.Span[i];
        for (var a = 0; a < heads; a++)
        {
            var leftNorm = Math.Sqrt(SquareSum(left.Rows(a * rows, rows).Span));
            for (var b = 0; b < heads; b++)
            {
                double sum = 0;
                for (var i = 0; i < rows; i++)
                    sum += SquareSum(product.Row(a * rows + i).Slice(b * columns, columns));
                var norms = leftNorm * Math.Sqrt(rightNorms[b]);
                scores[earlier, a, later, b] = norms > 0 ? (float)(Math.Sqrt(sum) / norms) : 0;
            }
        }
    }

    // R_V·W_O, head below head.
    private static Tensor Left(Transformer model, int layer, Tensor cores)
    {
        var output = model.LensWeights.Block(layer).W_O();                                          // [head, d_head, d_model]
        int heads = output.Shape[0], width = output.Shape[1], rows = cores.Shape[1], wide = output.Shape[2];
        var stack = Tensor.Uninitialized(heads * rows, wide);
        for (var h = 0; h < heads; h++)
            Kernels.MatMul(cores.Row(Circuits.Shared(model, h)), Weight.FromFloats("W_O", output.Row(h), width, wide), stack.Rows(h * rows, rows).Span);
        return stack;
    }

    // C·R_Dᵀ, head beside head.
    private static Tensor Right(Transformer model, int layer, CompositionMode mode)
    {
        var block = model.LensWeights.Block(layer);
        var (reads, other) = mode switch
        {
            CompositionMode.Q => (block.W_Q(), block.W_K()),
            CompositionMode.K => (block.W_K(), block.W_Q()),
            _ => (block.W_V(), Turned(block.W_O())),
        };                                                                                          // [head or kv_head, d_model, d_head]
        var cores = Cores(other);
        int heads = model.Config.Heads, wide = reads.Shape[1], width = reads.Shape[2], columns = cores.Shape[1];
        var (stack, one) = (Tensor.Uninitialized(wide, heads * columns), Tensor.Uninitialized(wide, columns));
        for (var h = 0; h < heads; h++)
        {
            // Linear multiplies by the transpose: x·R_Dᵀ.
            Kernels.Linear(Of(reads, h), Weight.FromFloats("R", Of(cores, h), columns, width), one.Span);
            for (var i = 0; i < wide; i++)
                one.Row(i).CopyTo(stack.Row(i)[(h * columns)..]);
        }

        return stack;

        Span<float> Of(Tensor perHead, int head) => perHead.Row(perHead.Shape[0] == heads ? head : Circuits.Shared(model, head));
    }

    private static Tensor Cores(Tensor matrices)
    {
        var cores = Tensor.Uninitialized(matrices.Shape[0], Math.Min(matrices.Shape[1], matrices.Shape[2]), matrices.Shape[2]);
        for (var h = 0; h < matrices.Shape[0]; h++)
            FactoredMatrix.Triangle(matrices[h]).Span.CopyTo(cores.Row(h));
        return cores;
    }

    private static Tensor Turned(Tensor heads)
    {
        var turned = Tensor.Uninitialized(heads.Shape[0], heads.Shape[2], heads.Shape[1]);
        for (var h = 0; h < heads.Shape[0]; h++)
        {
            for (var i = 0; i < heads.Shape[1]; i++)
            {
                for (var j = 0; j < heads.Shape[2]; j++)
                    turned[h, j, i] = heads[h, i, j];
            }
        }

        return turned;
    }

    private static double SquareSum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var v in values)
            sum += (double)v * v;
        return sum;
    }
}
