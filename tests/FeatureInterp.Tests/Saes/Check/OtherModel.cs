using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The embedded model's configuration and tokenizer with other weights.</summary>
internal sealed class OtherModel : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("other-model-");

    /// <summary>Copies the model.</summary>
    /// <param name="change">May write into an array, which it is given with its name.</param>
    public OtherModel(Action<string, Tensor> change)
    {
        var source = EmbeddedPair.Model.Folder;
        foreach (var file in Directory.GetFiles(source, "*.json"))
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        var writer = new SafetensorsWriter();
        foreach (var (name, weight) in SafetensorsFile.Open(Path.Combine(source, "model.safetensors")).Weights.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            var tensor = weight.ToTensor();
            change(name, tensor);
            writer.Add(name, tensor);
        }

        writer.Save(Path.Combine(_folder.FullName, "model.safetensors"));
    }

    /// <summary>Weights drawn anew, array by array as widely spread as the model's own.</summary>
    public static OtherModel Drawn(int seed)
    {
        var random = new Random(seed);
        return new OtherModel((_, tensor) =>
        {
            double mean = 0, squares = 0;
            foreach (var value in tensor.Span)
                (mean, squares) = (mean + value, squares + (double)value * value);
            mean /= tensor.Length;
            var spread = Math.Sqrt(Math.Max(0, squares / tensor.Length - mean * mean));
            foreach (ref var value in tensor.Span)
                value = (float)(mean + spread * Math.Sqrt(3) * (2 * random.NextDouble() - 1));
        });
    }

    /// <summary>The model itself, but for uneven gains (1 + w) of the norm before an MLP.</summary>
    public static OtherModel WithUnevenGains(int layer, int seed)
    {
        var random = new Random(seed);
        return new OtherModel((name, tensor) =>
        {
            if (name != $"model.layers.{layer}.pre_feedforward_layernorm.weight")
                return;
            foreach (ref var value in tensor.Span)
                value = (float)(Math.Exp(3 * (random.NextDouble() - 0.5)) - 1);
        });
    }

    public Transformer Load() => Transformer.Load(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);
}
