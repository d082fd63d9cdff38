using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>refactor_factored_attn_matrices: other factors, the same products, the same model.</summary>
public sealed class RefactoredAttentionTests : IDisposable
{
    private readonly TinyGpt2 _tiny = new();

    public static TheoryData<string> Processings => TinyGpt2.Processings;

    public void Dispose() => _tiny.Dispose();

    [Theory, MemberData(nameof(Processings))]
    public void Products_OfEachHead_StayAsTheyAre(string name)
    {
        var (before, after) = Blocks(name);
        for (var h = 0; h < TinyGpt2.Heads; h++)
        {
            AssertSame("QK", Product(WithBias(before.W_Q()[h], before.b_Q()[h]), Turned(WithBias(before.W_K()[h], before.b_K()[h]))),
                Product(WithBias(after.W_Q()[h], after.b_Q()[h]), Turned(WithBias(after.W_K()[h], after.b_K()[h]))));
            AssertSame("OV", Product(Doubles(before.W_V()[h]), Doubles(before.W_O()[h])), Product(Doubles(after.W_V()[h]), Doubles(after.W_O()[h])));
        }
    }

    [Theory, MemberData(nameof(Processings))]
    public void Factors_AreThoseOfTheSingularValueDecomposition(string name)
    {
        var after = Blocks(name).After;
        for (var h = 0; h < TinyGpt2.Heads; h++)
        {
            // Rows of W_O orthonormal, columns of W_V orthogonal with lengths that fall; W_QᵀW_Q = W_KᵀW_K, diagonal.
            var o = Doubles(after.W_O()[h]);
            AssertDiagonal("W_O·W_Oᵀ", Product(o, Turned(o)), 1);
            var v = Doubles(after.W_V()[h]);
            var lengths = AssertDiagonal("W_VᵀW_V", Product(Turned(v), v));
            Assert.Equal(lengths.OrderDescending(), lengths);
            double[,] q = WithBias(after.W_Q()[h], after.b_Q()[h]), k = WithBias(after.W_K()[h], after.b_K()[h]);
            var (queries, keys) = (AssertDiagonal("W_QᵀW_Q", Product(Turned(q), q)), AssertDiagonal("W_KᵀW_K", Product(Turned(k), k)));
            for (var e = 0; e < queries.Length; e++)
                Assert.Equal(queries[e], keys[e], 1e-4);
        }

        Assert.All(after.b_V().Span.ToArray(), b => Assert.Equal(0, b));
    }

    [Theory, MemberData(nameof(Processings))]
    public void Run_Refactored_GivesTheSameScoresAndLogits(string name)
    {
        var processing = TinyGpt2.Processing(name);
        var (plain, other) = (_tiny.Load(processing), _tiny.Load(processing with { RefactorFactoredAttnMatrices = true }));
        int[][] prompts = [TinyGpt2.Prompt(7, 3), TinyGpt2.Prompt(4, 4)];
        RunResult wanted = plain.Run(prompts, capture: HookSelection.All), found = other.Run(prompts, capture: HookSelection.All);
        Golden.AssertClose("logits", wanted.Logits.Padded(), found.Logits.Padded());
        foreach (var hook in new[] { "blocks.1.attn.hook_attn_scores", "blocks.2.attn.hook_pattern", "blocks.0.hook_attn_out", "blocks.2.hook_resid_post" })
            Golden.AssertClose(hook, wanted.Activations[hook].Padded(), found.Activations[hook].Padded());

        // Queries and z are in another basis; what a head writes, z·W_O, is what it was, less b_V·W_O, which b_O has now.
        Assert.True(Distance(wanted.Activations["blocks.1.attn.hook_q"][0], found.Activations["blocks.1.attn.hook_q"][0]) > 0.1);
        Assert.True(Distance(wanted.Activations["blocks.1.attn.hook_z"][0], found.Activations["blocks.1.attn.hook_z"][0]) > 0.1);
        var (before, after) = (plain.LensWeights.Block(1), other.LensWeights.Block(1));
        for (var h = 0; h < TinyGpt2.Heads; h++)
        {
            double[,] old = Product(HeadRows(wanted, h), Doubles(before.W_O()[h])), shift = Product(Row(before.b_V()[h]), Doubles(before.W_O()[h]));
            var now = Product(HeadRows(found, h), Doubles(after.W_O()[h]));
            for (var i = 0; i < 7; i++)
            {
                for (var d = 0; d < TinyGpt2.Width; d++)
                    Assert.Equal(old[i, d] - shift[0, d], now[i, d], 1e-4);
            }
        }
    }

    [Fact]
    public void WithProcessing_BackAndForth_ComesFromTheCheckpoint()
    {
        var refactored = _tiny.Load(WeightProcessing.Standard with { RefactorFactoredAttnMatrices = true });
        Assert.EndsWith("refactor_factored_attn_matrices", refactored.Processing.ToString(), StringComparison.Ordinal);
        TwinAssert.Same("W_Q", _tiny.Load().LensWeights.Block(1).W_Q(), refactored.WithProcessing(WeightProcessing.None).LensWeights.Block(1).W_Q());
    }

    [Fact]
    public void RotaryModel_IsRefusedWithTheReason()
    {
        using var tiny = new TinyModel();
        var error = Assert.Throws<HookException>(() => tiny.Load().WithProcessing(new WeightProcessing { RefactorFactoredAttnMatrices = true }));
        Assert.Contains("rotated", error.Message, StringComparison.Ordinal);
        Assert.Throws<HookException>(() => Transformer.Load(tiny.Folder, new LoadOptions { Processing = new WeightProcessing { RefactorFactoredAttnMatrices = true } }));
    }

    private (LensBlockWeights Before, LensBlockWeights After) Blocks(string name)
    {
        var processing = TinyGpt2.Processing(name);
        return (_tiny.Load(processing).LensWeights.Block(1), _tiny.Load(processing with { RefactorFactoredAttnMatrices = true }).LensWeights.Block(1));
    }

    private static double[,] HeadRows(RunResult run, int head)
    {
        var z = run.Activations["blocks.1.attn.hook_z"][0];
        var rows = new double[z.Shape[0], TinyGpt2.HeadDim];
        for (var i = 0; i < z.Shape[0]; i++)
        {
            for (var e = 0; e < TinyGpt2.HeadDim; e++)
                rows[i, e] = z[i, head, e];
        }

        return rows;
    }

    private static double[,] Row(Tensor vector)
    {
        var row = new double[1, vector.Length];
        for (var j = 0; j < vector.Length; j++)
            row[0, j] = vector.Span[j];
        return row;
    }

    private static double[,] WithBias(Tensor matrix, Tensor bias)
    {
        var whole = new double[matrix.Shape[0] + 1, matrix.Shape[1]];
        for (var j = 0; j < matrix.Shape[1]; j++)
        {
            for (var i = 0; i < matrix.Shape[0]; i++)
                whole[i, j] = matrix[i, j];
            whole[matrix.Shape[0], j] = bias.Span[j];
        }

        return whole;
    }

    private static double[,] Doubles(Tensor matrix)
    {
        var whole = new double[matrix.Shape[0], matrix.Shape[1]];
        for (var i = 0; i < matrix.Shape[0]; i++)
        {
            for (var j = 0; j < matrix.Shape[1]; j++)
                whole[i, j] = matrix[i, j];
        }

        return whole;
    }

    private static double[,] Turned(double[,] m)
    {
        var turned = new double[m.GetLength(1), m.GetLength(0)];
        for (var i = 0; i < m.GetLength(0); i++)
        {
            for (var j = 0; j < m.GetLength(1); j++)
                turned[j, i] = m[i, j];
        }

        return turned;
    }

    private static double[,] Product(double[,] x, double[,] y)
    {
        var product = new double[x.GetLength(0), y.GetLength(1)];
        for (var i = 0; i < x.GetLength(0); i++)
        {
            for (var j = 0; j < y.GetLength(1); j++)
            {
                for (var k = 0; k < y.GetLength(0); k++)
                    product[i, j] += x[i, k] * y[k, j];
            }
        }

        return product;
    }

    private static void AssertSame(string name, double[,] wanted, double[,] found)
    {
        for (var i = 0; i < wanted.GetLength(0); i++)
        {
            for (var j = 0; j < wanted.GetLength(1); j++)
                Assert.True(Math.Abs(wanted[i, j] - found[i, j]) < 1e-5, $"{name}[{i}, {j}] is {found[i, j]}, wanted {wanted[i, j]}");
        }
    }

    private static double[] AssertDiagonal(string name, double[,] m, double? each = null)
    {
        for (var i = 0; i < m.GetLength(0); i++)
        {
            for (var j = 0; j < m.GetLength(1); j++)
                Assert.True(i == j ? each is null || Math.Abs(m[i, j] - each.Value) < 1e-5 : Math.Abs(m[i, j]) < 1e-5, $"{name}[{i}, {j}] is {m[i, j]}");
        }

        return [.. Enumerable.Range(0, m.GetLength(0)).Select(i => m[i, i])];
    }

    private static double Distance(Tensor a, Tensor b) => a.Span.ToArray().Zip(b.Span.ToArray(), (x, y) => Math.Abs((double)x - y)).Max();
}
