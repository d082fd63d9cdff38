using FeatureInterp.Tests.Kernel.Jupyter.Fuzz;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>A sound message, spoilt anywhere and signed again, is answered or dropped; the kernel answers the next one.</summary>
public sealed class KernelMessageMutationTests : IDisposable
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(11, 13);

    private readonly FuzzedKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void AnyMutation_IsAnsweredOrDropped_AndTheKernelGoesOn()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => _kernel.TryAsync(new Random(seed)).GetAwaiter().GetResult()).Check(Many);
        Assert.True(_kernel.Taken > 50 && _kernel.Dropped > 50, $"{_kernel.Taken} taken, {_kernel.Dropped} dropped");
    }
}
