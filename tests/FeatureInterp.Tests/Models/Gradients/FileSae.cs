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
        Tensor encoder = _file["W_enc"].ToTensor(), decoder = _file["W_dec"].ToTensor(), bias = _file["b_enc"].ToTensor(), output = _file["b_dec"].ToTensor();
        var threshold = _file.Weights.ContainsKey("threshold") ? _file["threshold"].ToTensor() : Tensor.Zeros(bias.Length);
        var x = value.Rows!;
        int rows = x.Shape[0], width = x.Shape[1], count = bias.Length;
        Features = Tensor.Zeros(rows, count);
        for (var row = 0; row < rows; row++)
        {
            for (var f = 0; f < count; f++)
            {
                double pre = bias.Span[f];
                for (var i = 0; i < width; i++)
                    pre += (x[row, i] - (subtractsBDec ? output.Span[i] : 0.0)) * encoder[i, f];
                Features[row, f] = pre > Math.Max(0, threshold.Span[f]) ? (float)pre : 0;
            }

            for (var i = 0; i < width && !keepsError; i++)
            {
                double sum = output.Span[i];
                for (var f = 0; f < count; f++)
                    sum += Features[row, f] * (double)decoder[f, i];
                x[row, i] = (float)sum;
            }
        }

        return gradient =>
        {
            OutputGradient = gradient.Rows!.Clone();
            FeatureGradients = Tensor.Zeros(rows, count);
            InputGradient = Tensor.Zeros(rows, width);
            for (var row = 0; row < rows; row++)
            {
                for (var f = 0; f < count; f++)
                {
                    double slope = 0;
                    for (var i = 0; i < width; i++)
                        slope += OutputGradient[row, i] * (double)decoder[f, i];
                    FeatureGradients[row, f] = (float)slope;
                    for (var i = 0; i < width && Features[row, f] > 0; i++)
                        InputGradient[row, i] += (float)(slope * encoder[i, f]);
                }
            }

            InputGradient.Span.CopyTo(gradient.Rows.Span);
        };
    }
}
