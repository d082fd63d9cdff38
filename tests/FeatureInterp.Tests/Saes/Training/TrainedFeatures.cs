using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>What a trained SAE makes of inputs, from the trainer's own weights and its definition, in double: before any norm or factor is folded in.</summary>
internal static class TrainedFeatures
{
    /// <summary>The features [row, d_sae] and the reconstruction [row, d_in] on the inputs' scale.</summary>
    public static (Tensor Acts, Tensor Output) Of(TrainedSae trained, Tensor x)
    {
        var p = trained.Parameters;
        var scaled = trained.Options.Objective is BatchTopKTraining { RescaleByDecoderNorm: true } or MatryoshkaTraining { RescaleByDecoderNorm: true };
        var factor = trained.InputFactor;
        var (acts, output) = (Tensor.Zeros(x.Shape[0], p.DSae), Tensor.Zeros(x.Shape));
        for (var r = 0; r < x.Shape[0]; r++)
        {
            for (var f = 0; f < p.DSae; f++)
            {
                double pre = p["b_enc"].Value.Span[f], norm = 0;
                for (var d = 0; d < p.DIn; d++)
                {
                    pre += (x[r, d] * factor - p.DecoderBias.Value.Span[d]) * p.Encoder.Value[f, d];
                    norm += (double)p.Decoder.Value[f, d] * p.Decoder.Value[f, d];
                }

                norm = scaled ? Math.Sqrt(norm) : 1;
                var threshold = trained.Options.Objective switch
                {
                    StandardTraining => 0,
                    JumpReLUTraining => Math.Max(0, p["threshold"].Value.Span[f]),
                    _ => p.TopKThreshold,
                };
                acts[r, f] = (float)(pre * norm > threshold ? pre * norm : 0);
                for (var d = 0; d < p.DIn; d++)
                    output[r, d] += (float)(acts[r, f] / norm * p.Decoder.Value[f, d] / factor);
            }

            for (var d = 0; d < p.DIn; d++)
                output[r, d] += (float)(p.DecoderBias.Value.Span[d] / factor);
        }

        return (acts, output);
    }
}
