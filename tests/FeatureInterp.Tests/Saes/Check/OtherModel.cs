using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The embedded model's configuration and tokenizer with weights drawn anew, array by array as widely spread as its own.</summary>
internal sealed class OtherModel : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("other-model-");

    public OtherModel(int seed)
    {
        var source = EmbeddedPair.Model.Folder;
        foreach (var file in Directory.GetFiles(source, "*.json"))
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        var random = new Random(seed);
        var writer = new SafetensorsWriter();
        foreach (var (name, weight) in SafetensorsFile.Open(Path.Combine(source, "model.safetensors")).Weights.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            var tensor = weight.ToTensor();
            double mean = 0, squares = 0;
            foreach (var value in tensor.Span)
                (mean, squares) = (mean + value, squares + (double)value * value);
            mean /= tensor.Length;
            var spread = Math.Sqrt(Math.Max(0, squares / tensor.Length - mean * mean));
            foreach (ref var value in tensor.Span)
                value = (float)(mean + spread * Math.Sqrt(3) * (2 * random.NextDouble() - 1));
            writer.Add(name, tensor);
        }

        writer.Save(Path.Combine(_folder.FullName, "model.safetensors"));
    }

    public Transformer Load() => Transformer.Load(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);
}
