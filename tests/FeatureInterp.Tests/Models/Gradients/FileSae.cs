using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>
/// An SAE of a file (ReLU, or JumpReLU where there are thresholds) as a <see cref="GradientEdit"/>: forward x̂ = f·W_dec + b_dec, plus
/// x − x̂ as a constant when the error is kept; back to its features, and on upstream through its encoder alone.
/// </summary>
internal sealed class FileSae(string folder, bool subtractsBDec, bool keepsError)
{
    private readonly SafetensorsFile _file = SafetensorsFile.Open(Path.Combine(folder, "sae_weights.safetensors"));

    /// <summary>f, [row, d_sae].</summary>
    public Tensor Features { get; private set; } = Tensor.Zeros(0);

    /// <summary>dL/df, [row, d_sae].</summary>
    public Tensor FeatureGradients { get; private set; } = Tensor.Zeros(0);

    /// <summary>dL/d(what goes on), [row, d_in].</summary>
    public Tensor OutputGradient { get; private set; } = Tensor.Zeros(0);

    /// <summary>dL/dx, [row, d_in].</summary>
    public Tensor InputGradient { get; private set; } = Tensor.Zeros(0);

    public GradientEdit At(string hook) => new(hook, Forward);

    private Pullback Forward(HookValue value)
    {
        Tensor encoder = Transposed(_file["W_enc"].ToTensor()), decoder = _file["W_dec"].ToTensor(), bias = _file["b_enc"].ToTensor(), output = _file["b_dec"].ToTensor();
        var threshold = _file.Weights.ContainsKey("threshold") ? _file["threshold"].ToTensor() : Tensor.Zeros(bias.Length);
        var x = value.Rows!;
        int rows = x.Shape[0], count = bias.Length;
        Features = Tensor.Zeros(rows, count);
        for (var row = 0; row < rows; row++)
        {
            var centred = x.Row(row).ToArray();
            for (var i = 0; i < centred.Length && subtractsBDec; i++)
                centred[i] -= output.Span[i];
            for (var f = 0; f < count; f++)
            {
                var pre = bias.Span[f] + Dot(centred, encoder.Row(f));
                Features.Row(row)[f] = pre > Math.Max(0, threshold.Span[f]) ? (float)pre : 0;
            }

            if (!keepsError)
            {
                output.Span.CopyTo(x.Row(row));
                for (var f = 0; f < count; f++)
                    AddTo(x.Row(row), decoder.Row(f), Features.Row(row)[f]);
            }
        }

        return gradient =>
        {
            OutputGradient = gradient.Rows!.Clone();
            FeatureGradients = Tensor.Zeros(rows, count);
            InputGradient = Tensor.Zeros(x.Shape);
            for (var row = 0; row < rows; row++)
            {
                for (var f = 0; f < count; f++)
                {
                    var slope = FeatureGradients.Row(row)[f] = (float)Dot(OutputGradient.Row(row), decoder.Row(f));
                    if (Features.Row(row)[f] > 0)
                        AddTo(InputGradient.Row(row), encoder.Row(f), slope);
                }
            }

            InputGradient.Span.CopyTo(gradient.Rows.Span);
        };
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    private static void AddTo(Span<float> sum, ReadOnlySpan<float> row, float factor)
    {
        for (var i = 0; i < sum.Length; i++)
            sum[i] += factor * row[i];
    }

    private static Tensor Transposed(Tensor matrix)
    {
        var turned = Tensor.Zeros(matrix.Shape[1], matrix.Shape[0]);
        for (var i = 0; i < matrix.Shape[0]; i++)
        {
            for (var j = 0; j < matrix.Shape[1]; j++)
                turned.Row(j)[i] = matrix.Row(i)[j];
        }

        return turned;
    }
}
