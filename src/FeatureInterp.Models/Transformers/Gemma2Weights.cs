using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Gemma-2's arrays under the field's names; matrices stay mapped in the file's type, [out, in].</summary>
internal sealed record Gemma2Weights(Weight Embed, Weight Unembed, Tensor Final, Gemma2Weights.Layer[] Layers)
{
    /// <summary>One block. The file stores an RMS gain as its difference from one; here it is the gain itself.</summary>
    internal sealed record Layer(Tensor Ln1, Weight Q, Weight K, Weight V, Weight O, Tensor Ln1Post, Tensor Ln2, Weight Gate, Weight Up, Weight Down, Tensor Ln2Post);

    public static Gemma2Weights Read(CheckpointReader file, Gemma2Config config)
    {
        var c = config.Shape;
        int attention = c.Heads * c.HeadDim, shared = c.KeyValueHeads * c.HeadDim;
        var embed = file.Matrix("model.embed_tokens.weight", c.VocabSize, c.DModel);
        var layers = new Layer[c.Layers];
        for (var l = 0; l < layers.Length; l++)
        {
            var block = $"model.layers.{l}.";
            layers[l] = new Layer(
                Ln1: Gain(file, block + "input_layernorm.weight", c.DModel),
                Q: file.Matrix(block + "self_attn.q_proj.weight", attention, c.DModel),
                K: file.Matrix(block + "self_attn.k_proj.weight", shared, c.DModel),
                V: file.Matrix(block + "self_attn.v_proj.weight", shared, c.DModel),
                O: file.Matrix(block + "self_attn.o_proj.weight", c.DModel, attention),
                Ln1Post: Gain(file, block + "post_attention_layernorm.weight", c.DModel),
                Ln2: Gain(file, block + "pre_feedforward_layernorm.weight", c.DModel),
                Gate: file.Matrix(block + "mlp.gate_proj.weight", c.DMlp, c.DModel),
                Up: file.Matrix(block + "mlp.up_proj.weight", c.DMlp, c.DModel),
                Down: file.Matrix(block + "mlp.down_proj.weight", c.DModel, c.DMlp),
                Ln2Post: Gain(file, block + "post_feedforward_layernorm.weight", c.DModel));
        }

        var unembed = config.TiedEmbeddings ? embed : file.Matrix("lm_head.weight", c.VocabSize, c.DModel);
        return new Gemma2Weights(embed, unembed, Gain(file, "model.norm.weight", c.DModel), layers);
    }

    private static Tensor Gain(CheckpointReader file, string name, int width)
    {
        var gain = file.Vector(name, width);
        TensorPrimitives.Add(gain.Span, 1f, gain.Span);
        return gain;
    }
}
