using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>A hub under test and an empty cache, both gone when the test is.</summary>
internal sealed class HubWorkspace : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("featureinterp-hub-");

    private HubWorkspace(FakeHub hub) => Hub = hub;

    public FakeHub Hub { get; }

    public string Cache => Path.Combine(_folder.FullName, "hub");

    public string Repository => Path.Combine(Cache, "models--org--tiny-model");

    public string Snapshot => Path.Combine(Repository, "snapshots", FakeHub.Commit);

    public RecordedProgress Progress { get; } = new();

    public static async Task<HubWorkspace> StartAsync() => new(await FakeHub.StartAsync());

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public string Partial(FakeFile file) => Path.Combine(Repository, "blobs", file.ETag + ".incomplete");

    public Task<PullResult> PullAsync(HubSettings? settings = null, string name = FakeHub.Id, string[]? files = null, CancellationToken cancellation = default) =>
        new HubClient(settings ?? Hub.Settings(Cache)).PullAsync(HubName.Parse(name), files, Progress, cancellation);

    /// <summary>Every file of the model is in the snapshot, byte for byte, and nothing is left half done.</summary>
    public void AssertWhole()
    {
        foreach (var (path, file) in Hub.Files.Where(f => f.Key is not ("README.md" or "pytorch_model.bin")))
            Assert.True(file.Content.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Snapshot, path))), path);
        Assert.False(File.Exists(Path.Combine(Snapshot, "README.md")));
        Assert.False(File.Exists(Path.Combine(Snapshot, "pytorch_model.bin")));
        Assert.DoesNotContain(Directory.GetFiles(Repository, "*", SearchOption.AllDirectories), f => f.EndsWith(".incomplete", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(Repository, "refs", "main")));
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>Keeps every report.</summary>
internal sealed class RecordedProgress : IProgress<DownloadProgress>
{
    private readonly Lock _gate = new();
    private readonly List<DownloadProgress> _reports = [];

    public IReadOnlyList<DownloadProgress> Reports
    {
        get
        {
            lock (_gate)
                return [.. _reports];
        }
    }

    public IEnumerable<string> Notes => Reports.Select(r => r.Note).OfType<string>();

    public void Report(DownloadProgress value)
    {
        lock (_gate)
            _reports.Add(value);
    }
}
