using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>What the releases that are one file of torch.save have in common.</summary>
internal static class SingleFileSae
{
    /// <summary>Whether a path is a file of torch.save that holds an array of this name. A file that cannot be read is none; reading it says why.</summary>
    /// <param name="path">The file.</param>
    /// <param name="array">The array that tells the layout.</param>
    public static bool Holds(string path, string array)
    {
        if (!IsTorch(path) || !File.Exists(path))
            return false;
        try
        {
            return SaeArrays.Open(path).Has(array);
        }
        catch (WeightFileException)
        {
            return false;
        }
    }

    /// <summary>Whether a file is called as torch.save's files are.</summary>
    public static bool IsTorch(string path) => Path.GetExtension(path) is ".pt" or ".pth";

    /// <summary>A plain ReLU SAE that leaves b_dec in its input.</summary>
    public static SaeConfig Standard(SaeWeights weights, SaeNameFacts facts, string dataset) => new()
    {
        Architecture = SaeArchitecture.Standard,
        DIn = weights.Encoder!.Width,
        DOut = weights.Decoder.Width,
        DSae = weights.Encoder.Features,
        ApplyBDecToInput = false,
        HookIn = facts.HookIn,
        Origin = new SaeOrigin { ModelName = facts.ModelName, Dataset = dataset },
    };
}
