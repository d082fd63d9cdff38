using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A copy of an SAE's folder in which something is wrong.</summary>
internal sealed class WrongPair : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wrong-sae-");

    /// <summary>Copies the embedded SAE, or another in SAELens's layout.</summary>
    public WrongPair(string? source = null)
    {
        foreach (var file in Directory.GetFiles(source ?? EmbeddedPair.Sae.Folder))
            File.Copy(file, PathOf(Path.GetFileName(file)));
    }

    public SparseAutoencoder Load() => SparseAutoencoder.Load(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Replaces a piece of <c>cfg.json</c> that must be there.</summary>
    public WrongPair Configured(string old, string replacement)
    {
        var text = File.ReadAllText(PathOf("cfg.json"));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(PathOf("cfg.json"), text.Replace(old, replacement, StringComparison.Ordinal));
        return this;
    }

    /// <summary>Multiplies an array of the weights.</summary>
    public WrongPair Scaled(string array, float factor) => Changed(array, v => v * factor);

    /// <summary>Changes every value of an array of the weights.</summary>
    public WrongPair Changed(string array, Func<float, float> change) => Rewritten((name, tensor) =>
    {
        if (name == array)
        {
            foreach (ref var value in tensor.Span)
                value = change(value);
        }

        return true;
    });

    /// <summary>Leaves an array of the weights away.</summary>
    public WrongPair WithoutArray(string array) => Rewritten((name, _) => name != array);

    private WrongPair Rewritten(Func<string, Tensor, bool> keep)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, weight) in SafetensorsFile.Open(PathOf("sae_weights.safetensors")).Weights)
        {
            var tensor = weight.ToTensor();
            if (keep(name, tensor))
                writer.Add(name, tensor);
        }

        writer.Save(PathOf("changed"));
        File.Move(PathOf("changed"), PathOf("sae_weights.safetensors"), overwrite: true);
        return this;
    }

    /// <summary>Leaves a file away.</summary>
    public WrongPair Without(string file)
    {
        File.Delete(PathOf(file));
        return this;
    }

    /// <summary>Writes new weights.</summary>
    public WrongPair Saved(SafetensorsWriter weights)
    {
        weights.Save(PathOf("sae_weights.safetensors"));
        return this;
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
