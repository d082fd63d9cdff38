using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>
/// TransformerLens's weight processing as it is defined: the weights themselves are rewritten, one step after the other. The code
/// under test rewrites nothing and changes values on the way instead; both must show the same at every hook.
/// </summary>
internal static class TwinProcessing
{
    public static void Apply(TwinWeights w, TwinMaths maths, int heads, WeightProcessing p)
    {
        var hasLayerNorms = w.Final.Bias is not null;
        if (p.FoldLn)
            FoldLn(w);
        if (p.CenterWritingWeights && hasLayerNorms)
            CenterWritingWeights(w);
        if (p.CenterUnembed && maths.LogitCap is null)
        {
            CentreRows(w.U.W);
            Centre(w.U.B);
        }

        if (p.FoldValueBiases)
        {
            foreach (var block in w.Blocks)
                FoldValueBiases(block, heads);
        }
    }

    private static void FoldLn(TwinWeights w)
    {
        foreach (var b in w.Blocks)
        {
            Fold(b.Ln1, b.Q, b.K, b.V);
            Fold(b.Ln2, b.Gate is null ? [b.In] : [b.In, b.Gate]);
        }

        Fold(w.Final, w.U);
    }

    // b += bias·W with W as it was; W = gain·W; behind a layer norm each column of W then has its mean taken off.
    private static void Fold(TwinNorm norm, params TwinLinear[] readers)
    {
        foreach (var map in readers)
        {
            for (var o = 0; o < map.Outputs; o++)
            {
                double mean = 0;
                for (var i = 0; i < map.Inputs; i++)
                {
                    map.B[o] += map.W[i, o] * (norm.Bias?[i] ?? 0);
                    map.W[i, o] *= norm.Gain[i];
                    mean += map.W[i, o] / map.Inputs;
                }

                for (var i = 0; i < map.Inputs && norm.Bias is not null; i++)
                    map.W[i, o] -= mean;
            }
        }

        Array.Fill(norm.Gain, 1);
        Array.Clear(norm.Bias ?? []);
    }

    private static void CenterWritingWeights(TwinWeights w)
    {
        CentreRows(w.E);
        if (w.Positions is not null)
            CentreRows(w.Positions);
        foreach (var b in w.Blocks)
        {
            foreach (var map in new[] { b.O, b.Out })
            {
                CentreRows(map.W);
                Centre(map.B);
            }
        }
    }

    // b_O += Σ over heads of b_V·W_O; b_V = 0.
    private static void FoldValueBiases(TwinBlock b, int heads)
    {
        int d = b.O.Inputs / heads, sharing = heads / (b.V.Outputs / d);
        for (var m = 0; m < b.O.Outputs; m++)
        {
            for (var h = 0; h < heads; h++)
            {
                for (var e = 0; e < d; e++)
                    b.O.B[m] += b.V.B[h / sharing * d + e] * b.O.W[h * d + e, m];
            }
        }

        Array.Clear(b.V.B);
    }

    private static void CentreRows(double[,] matrix)
    {
        for (var i = 0; i < matrix.GetLength(0); i++)
        {
            double mean = 0;
            for (var j = 0; j < matrix.GetLength(1); j++)
                mean += matrix[i, j] / matrix.GetLength(1);
            for (var j = 0; j < matrix.GetLength(1); j++)
                matrix[i, j] -= mean;
        }
    }

    private static void Centre(double[] vector)
    {
        var mean = vector.Average();
        for (var j = 0; j < vector.Length; j++)
            vector[j] -= mean;
    }
}
