using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Processed matrices against TransformerLens's own, when the goldens are there.</summary>
public class LensWeightsGoldenTests
{
    private const string Prefix = "processed_weights/";

    public static TheoryData<string> Families => ["gpt2", "gemma2", "gpt_neox", "qwen2", "llama", "phi"];

    [Theory, MemberData(nameof(Families))]
    public void Processed_EveryMatrix_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        var weights = model.WithProcessing(WeightProcessing.Standard).LensWeights;
        var compared = 0;
        foreach (var name in golden.Names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var found = Find(weights, name[Prefix.Length..]);
            Assert.Equal(golden[name].Shape.ToArray(), found.Shape.ToArray());
            Golden.AssertClose(name, golden[name], found);
            compared++;
        }

        Assert.True(compared > 12 * model.Config.Layers, $"{compared} matrices compared");
    }

    [Theory, MemberData(nameof(Families))]
    public void Processed_UnembedColumns_AreThoseOfTheMatrix(string family)
    {
        var weights = Load(family).Model.WithProcessing(WeightProcessing.Standard).LensWeights;
        var whole = weights.W_U();
        foreach (var token in new[] { 0, 41, 96 })
        {
            var column = weights.UnembedColumn(token);
            for (var d = 0; d < column.Length; d++)
                Assert.Equal(whole[d, token], column.Span[d], 1e-5f);
        }
    }

    [Theory, InlineData("gpt2"), InlineData("gemma2")]
    public void AccumulatedBias_EachLayer_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        foreach (var (group, processing) in new[] { ("unprocessed", WeightProcessing.None), ("processed", WeightProcessing.Standard) })
        {
            var wanted = golden[$"tools/{group}/accumulated_bias"];
            var weights = model.WithProcessing(processing).LensWeights;
            for (var layer = 0; layer <= model.Config.Layers; layer++)
                Golden.AssertClose($"{group} {layer}", wanted[layer], weights.AccumulatedBias(layer));
        }
    }

    private static Tensor Find(LensWeights weights, string name)
    {
        if (!name.StartsWith("blocks.", StringComparison.Ordinal))
        {
            return name switch
            {
                "embed.W_E" => weights.W_E(),
                "pos_embed.W_pos" => weights.W_pos()!,
                "unembed.W_U" => weights.W_U(),
                "unembed.b_U" => weights.b_U(),
                _ => throw new InvalidOperationException(name),
            };
        }

        var parts = name.Split('.');
        var block = weights.Block(int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        return string.Join('.', parts[2..]).Replace("._", ".", StringComparison.Ordinal) switch
        {
            "attn.W_Q" => block.W_Q(),
            "attn.W_K" => block.W_K(),
            "attn.W_V" => block.W_V(),
            "attn.W_O" => block.W_O(),
            "attn.b_Q" => block.b_Q(),
            "attn.b_K" => block.b_K(),
            "attn.b_V" => block.b_V(),
            "attn.b_O" => block.b_O(),
            "mlp.W_in" => block.W_in(),
            "mlp.W_gate" => block.W_gate()!,
            "mlp.W_out" => block.W_out(),
            "mlp.b_in" => block.b_in(),
            "mlp.b_out" => block.b_out(),
            "ln1_post.w" => block.Ln1PostGain()!,
            "ln2_post.w" => block.Ln2PostGain()!,
            _ => throw new InvalidOperationException(name),
        };
    }

    private static (Golden Golden, Transformer Model) Load(string family)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "models", family);
        return (new Golden(folder), Transformer.Load(folder));
    }
}
