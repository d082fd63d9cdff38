namespace FeatureInterp.Benchmarks;

/// <summary>Where the benchmarks find what they read.</summary>
internal static class Checkout
{
    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A real model's GGUF file in the folder that FEATUREINTERP_SHARED names or beside the repository, or null.</summary>
    public static string? RealModel
    {
        get
        {
            var shared = Environment.GetEnvironmentVariable("FEATUREINTERP_SHARED") ?? Path.Combine(Root, "..", "shared");
            var path = Path.Combine(shared, "models", "smollm2-135m-instruct-q4_1.gguf");
            return File.Exists(path) ? path : null;
        }
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "FeatureInterp.Kernel.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("FeatureInterp.Kernel.sln is not above " + AppContext.BaseDirectory);
        return folder;
    }
}
