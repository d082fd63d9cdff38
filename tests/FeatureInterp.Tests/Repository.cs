namespace FeatureInterp.Tests;

/// <summary>Where the checkout lies, found from the test assembly upwards, and the optional shared goldens beside it.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The folder with goldens made by the peers, or null when it is not there.</summary>
    public static string? Shared { get; } = Existing(
        Environment.GetEnvironmentVariable("FEATUREINTERP_SHARED") ?? Path.Combine(Root, "..", "shared"));

    public static string Data(params string[] parts) => Path.Combine([Root, "data", .. parts]);

    public static string Fixture(params string[] parts) =>
        Path.Combine([Root, "tests", "FeatureInterp.Tests", "Fixtures", .. parts]);

    private static string? Existing(string folder) => Directory.Exists(folder) ? Path.GetFullPath(folder) : null;

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "FeatureInterp.Kernel.sln")))
                return folder;
        }

        throw new InvalidOperationException("FeatureInterp.Kernel.sln is not above " + AppContext.BaseDirectory);
    }
}
