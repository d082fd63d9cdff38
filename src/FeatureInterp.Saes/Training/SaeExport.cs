using System.Text.Json.Nodes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// The arrays and the configuration of a trained SAE as SAELens 6 keeps them: W_enc [d_in, d_sae], the decoder's norms moved into the encoder where features are measured
/// by them, and the factor of the activations moved into W_enc, W_dec and b_dec (never into biases of features or thresholds).
/// </summary>
internal sealed class SaeExport
{
    private readonly float[]? _norms;

    private SaeExport(float[]? norms) => _norms = norms;

    /// <summary>What goes into <c>cfg.json</c>.</summary>
    public JsonObject Config { get; } = [];

    /// <summary>What goes into <c>sae_weights.safetensors</c>.</summary>
    public List<(string Name, Tensor Value)> Arrays { get; } = [];

    public static SaeExport Of(SaeTrainingOptions options, TrainingParameters p, double inputFactor, ActivationOrigin origin)
    {
        var export = new SaeExport(options.Objective.ScalesByDecoderNorm ? p.DecoderNorms() : null);
        export.Config["architecture"] = options.Objective.Architecture;
        export.Config["d_in"] = p.DIn;
        export.Config["d_sae"] = p.DSae;
        export.Config["dtype"] = "float32";
        export.Config["device"] = "cpu";
        export.Config["apply_b_dec_to_input"] = options.AppliesDecoderBias;
        export.Config["normalize_activations"] = options.Normalization switch
        {
            TrainingNormalization.LayerNorm => "layer_norm",
            TrainingNormalization.ConstantNormRescale => "constant_norm_rescale",
            _ => "none",
        };
        export.Config["reshape_activations"] = origin.FlattensHeads ? "hook_z" : "none";
        export.AddMatrices(p, (float)inputFactor);
        options.Objective.Export(p, export);
        return export;
    }

    /// <summary>Adds an array of [d_sae] that is in the scale of the pre-activations.</summary>
    public void AddVector(string name, Tensor values)
    {
        var copy = values.Clone();
        if (_norms is not null)
            TensorPrimitives.Multiply(copy.Span, _norms, copy.Span);
        Arrays.Add((name, copy));
    }

    /// <summary>Adds the thresholds.</summary>
    /// <param name="values">[d_sae].</param>
    /// <param name="isFolded">Whether they are in the scale of the saved features already.</param>
    public void AddThreshold(Tensor values, bool isFolded)
    {
        if (isFolded)
            Arrays.Add((Names.Threshold, values));
        else
            AddVector(Names.Threshold, values);
    }

    private void AddMatrices(TrainingParameters p, float factor)
    {
        var decoder = p.Decoder.Value.Clone();
        var encoder = p.All.Any(a => a.Name == Names.Encoder) ? Tensor.Uninitialized(p.DIn, p.DSae) : null;
        for (var f = 0; f < p.DSae; f++)
        {
            var norm = _norms is not null && _norms[f] > 0 ? _norms[f] : 1;
            TensorPrimitives.Divide(decoder.Row(f), norm * factor, decoder.Row(f));
            for (var d = 0; encoder is not null && d < p.DIn; d++)
                encoder.Span[d * p.DSae + f] = p.Encoder.Value.Span[f * p.DIn + d] * (norm * factor);
        }

        var bias = p.DecoderBias.Value.Clone();
        TensorPrimitives.Divide(bias.Span, factor, bias.Span);
        if (encoder is not null)
            Arrays.Add((Names.Encoder, encoder));
        Arrays.Add((Names.Decoder, decoder));
        Arrays.Add((Names.DecoderBias, bias));
    }
}
