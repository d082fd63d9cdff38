using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>Sets the number of worker threads until disposed; tests that use it share a collection, since it is global.</summary>
internal sealed class WorkerCount : IDisposable
{
    public WorkerCount(int count) => Workers.SetCount(count);

    public void Dispose() => Workers.SetCount(0);
}
