namespace FeatureInterp.Tests;

/// <summary>y = x·W + b in TransformerLens's orientation, W [in, out]; without a bias of its own, b is zero, as there.</summary>
internal sealed class TwinLinear(double[,] w, double[]? b = null)
{
    public double[,] W { get; } = w;

    public double[] B { get; } = b ?? new double[w.GetLength(1)];

    public int Inputs => W.GetLength(0);

    public int Outputs => W.GetLength(1);

    /// <summary>Each row of x [row, in] through the map, [row, out].</summary>
    public double[] Apply(double[] x)
    {
        var rows = x.Length / Inputs;
        var y = new double[rows * Outputs];
        for (var row = 0; row < rows; row++)
        {
            for (var o = 0; o < Outputs; o++)
            {
                var sum = B[o];
                for (var i = 0; i < Inputs; i++)
                    sum += x[row * Inputs + i] * W[i, o];
                y[row * Outputs + o] = sum;
            }
        }

        return y;
    }

    /// <summary>The map to some of the outputs: output j is this map's output <paramref name="place"/>(j).</summary>
    public TwinLinear Outputting(int count, Func<int, int> place)
    {
        var (w, b) = (new double[Inputs, count], new double[count]);
        for (var j = 0; j < count; j++)
        {
            b[j] = B[place(j)];
            for (var i = 0; i < Inputs; i++)
                w[i, j] = W[i, place(j)];
        }

        return new TwinLinear(w, b);
    }
}

/// <summary>A layer norm, or without a bias a root-mean-square norm; the gain is what x / scale is multiplied by.</summary>
internal sealed record TwinNorm(double[] Gain, double[]? Bias, double Eps);

/// <summary>One block's arrays; what a family does not have is null.</summary>
internal sealed class TwinBlock
{
    public required TwinNorm Ln1 { get; init; }

    public required TwinNorm Ln2 { get; init; }

    public TwinNorm? Ln1Post { get; init; }

    public TwinNorm? Ln2Post { get; init; }

    public TwinNorm? QNorm { get; init; }

    public TwinNorm? KNorm { get; init; }

    /// <summary>[d_model, head · d_head]</summary>
    public required TwinLinear Q { get; init; }

    /// <summary>[d_model, kv_head · d_head]</summary>
    public required TwinLinear K { get; init; }

    /// <summary>[d_model, kv_head · d_head]</summary>
    public required TwinLinear V { get; init; }

    /// <summary>[head · d_head, d_model]</summary>
    public required TwinLinear O { get; init; }

    /// <summary>[d_model, d_mlp]</summary>
    public TwinLinear? Gate { get; init; }

    /// <summary>[d_model, d_mlp]</summary>
    public required TwinLinear In { get; init; }

    /// <summary>[d_mlp, d_model]</summary>
    public required TwinLinear Out { get; init; }
}

/// <summary>A model's arrays under TransformerLens's names; the unembedding is a copy of its own even where the file ties it.</summary>
internal sealed class TwinWeights
{
    /// <summary>W_E, [d_vocab, d_model], scaled.</summary>
    public required double[,] E { get; init; }

    /// <summary>W_pos, [n_ctx, d_model].</summary>
    public double[,]? Positions { get; init; }

    public required TwinBlock[] Blocks { get; init; }

    public required TwinNorm Final { get; init; }

    /// <summary>[d_model, d_vocab]</summary>
    public required TwinLinear U { get; init; }
}

/// <summary>The arrays of a checkpoint, taken out under their published names.</summary>
internal sealed class TwinFile(IReadOnlyDictionary<string, double[]> arrays)
{
    public double[] Vector(string name) => (double[])arrays[name].Clone();

    public double[,] Matrix(string name, int rows)
    {
        var values = arrays[name];
        var matrix = new double[rows, values.Length / rows];
        Buffer.BlockCopy(values, 0, matrix, 0, sizeof(double) * values.Length);
        return matrix;
    }

    /// <summary><c>name.weight</c> stored [out, in], and <c>name.bias</c>.</summary>
    public TwinLinear Linear(string name, int outputs, bool bias = false) => new(Transposed(Matrix(name + ".weight", outputs)), bias ? Vector(name + ".bias") : null);

    /// <summary><c>name.weight</c> stored [in, out], and <c>name.bias</c>.</summary>
    public TwinLinear InputFirst(string name, int inputs) => new(Matrix(name + ".weight", inputs), Vector(name + ".bias"));

    public TwinNorm LayerNorm(string name, double eps) => new(Vector(name + ".weight"), Vector(name + ".bias"), eps);

    public TwinNorm RmsNorm(string name, double eps, double offset) => new([.. Vector(name + ".weight").Select(g => g + offset)], null, eps);

    public static double[,] Transposed(double[,] matrix)
    {
        var result = new double[matrix.GetLength(1), matrix.GetLength(0)];
        for (var i = 0; i < matrix.GetLength(0); i++)
        {
            for (var j = 0; j < matrix.GetLength(1); j++)
                result[j, i] = matrix[i, j];
        }

        return result;
    }
}
