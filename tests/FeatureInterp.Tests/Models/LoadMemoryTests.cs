using System.Runtime.CompilerServices;

namespace FeatureInterp.Tests;

/// <summary>A model that is no longer used gives its file back.</summary>
public sealed class LoadMemoryTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Load_TenTimes_LeavesNoMappingBehind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the list of mappings is /proc/self/maps");
        var folder = LoadAndRun();
        for (var i = 0; i < 10; i++)
            LoadAndRun();
        for (var i = 0; i < 20 && Mappings(folder) > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, Mappings(folder));
        var held = _tiny.Load();
        Assert.Equal(1, Mappings(folder));
        GC.KeepAlive(held);
    }

    // Apart, so that no register of the caller holds a model.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private string LoadAndRun()
    {
        var model = _tiny.Load();
        model.Run(_tiny.Prompt(3, 1));
        Assert.Equal(1, Mappings(model.Folder) > 0 ? 1 : 0);
        return model.Folder;
    }

    private static int Mappings(string folder) => File.ReadLines("/proc/self/maps").Count(l => l.Contains(folder + "/", StringComparison.Ordinal));
}
