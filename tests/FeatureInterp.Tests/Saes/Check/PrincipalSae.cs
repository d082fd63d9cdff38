using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>
/// An SAE made by formula: the strongest principal directions of a hook's activations, each once with either sign, so that
/// ReLU(±u·(x − mean)) reconstructs what lies in their span. It fits the activations it was made of and no others.
/// </summary>
internal static class PrincipalSae
{
    /// <summary>Writes one over a copy of the embedded SAE.</summary>
    public static WrongPair Of(Transformer model, string hook, int[][] prompts, int directions)
    {
        var run = model.Run(prompts, capture: hook);
        double[][] x = [.. Enumerable.Range(0, prompts.Length).SelectMany(p => Enumerable.Range(0, prompts[p].Length).Select(t => Array.ConvertAll(run.Activations[hook][p][t].Memory.ToArray(), v => (double)v)))];
        var width = x[0].Length;
        double[] mean = [.. Enumerable.Range(0, width).Select(i => x.Average(r => r[i]))];
        foreach (var row in x)
        {
            for (var i = 0; i < width; i++)
                row[i] -= mean[i];
        }

        var basis = Strongest(x, width, directions);
        var (encoder, decoder) = (Tensor.Zeros(width, 2 * directions), Tensor.Zeros(2 * directions, width));
        for (var k = 0; k < directions; k++)
        {
            for (var i = 0; i < width; i++)
            {
                encoder[i, 2 * k] = decoder[2 * k, i] = (float)basis[k][i];
                encoder[i, 2 * k + 1] = decoder[2 * k + 1, i] = -(float)basis[k][i];
            }
        }

        var weights = new SafetensorsWriter();
        weights.Add("W_enc", encoder);
        weights.Add("W_dec", decoder);
        weights.Add("b_enc", Tensor.Zeros(2 * directions));
        weights.Add("b_dec", new Tensor(Array.ConvertAll(mean, v => (float)v), width));
        return new WrongPair().Saved(weights).Without("sparsity.safetensors")
            .Configured("\"jumprelu\"", "\"standard\"").Configured("\"d_sae\": 2048", $"\"d_sae\": {2 * directions}").Configured("blocks.3.hook_resid_post", hook);
    }

    // Orthogonal iteration: multiply with the covariance, make orthonormal, again.
    private static double[][] Strongest(double[][] x, int width, int count)
    {
        var random = new Random(3);
        double[][] basis = [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, width).Select(_ => random.NextDouble() - 0.5).ToArray())];
        for (var round = 0; round < 12; round++)
        {
            for (var k = 0; k < count; k++)
            {
                var next = new double[width];
                foreach (var row in x)
                {
                    var along = Dot(row, basis[k]);
                    for (var i = 0; i < width; i++)
                        next[i] += along * row[i];
                }

                for (var j = 0; j < k; j++)
                {
                    var along = Dot(next, basis[j]);
                    for (var i = 0; i < width; i++)
                        next[i] -= along * basis[j][i];
                }

                var norm = Math.Sqrt(Dot(next, next));
                basis[k] = Array.ConvertAll(next, v => v / norm);
            }
        }

        return basis;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
