using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FeatureInterp.Tensors;

/// <summary>What the registry needs to know of an operation, whatever its signature.</summary>
internal abstract class KernelOperation(string name)
{
    public string Name { get; } = name;

    public abstract IReadOnlyList<KernelVariant> Variants { get; }
}

/// <summary>An operation with its variants; <see cref="Active"/> is chosen at its first use, so that a bad environment
/// variable surfaces as a plain exception of the call rather than of a type initialiser.</summary>
internal sealed class KernelOperation<T> : KernelOperation
    where T : Delegate
{
    private T? _active;

    public KernelOperation(string name, T reference, T vector128, T vector256, T vector512)
        : base(name) => Variants =
        [
            new(name, "reference", true, reference),
            new(name, "vector128", Vector128.IsHardwareAccelerated, vector128),
            new(name, "vector256", Vector256.IsHardwareAccelerated && Fma.IsSupported, vector256),
            new(name, "vector512", Vector512.IsHardwareAccelerated && Avx512F.IsSupported, vector512),
        ];

    public override IReadOnlyList<KernelVariant> Variants { get; }

    public T Active => _active ??=
        (T)KernelRegistry.Choose(Variants, Environment.GetEnvironmentVariable(KernelRegistry.EnvironmentVariable)).Implementation;
}
