namespace FeatureInterp.Tensors;

/// <summary>One way to compute an operation of <see cref="Kernels"/>.</summary>
/// <param name="Operation">The operation, such as <c>linear</c>.</param>
/// <param name="Name">The variant: <c>reference</c>, <c>vector128</c>, <c>vector256</c> or <c>vector512</c>.</param>
/// <param name="IsSupported">Whether this processor can run it.</param>
/// <param name="Implementation">The code; it trusts its arguments, which the method of <see cref="Kernels"/> has checked.</param>
public sealed record KernelVariant(string Operation, string Name, bool IsSupported, Delegate Implementation);

/// <summary>
/// Every variant of every operation, for tests and benchmarks. The widest variant that the processor supports is active;
/// the environment variable <c>FEATUREINTERP_KERNELS</c>, read once, forces another by name.
/// </summary>
public static class KernelRegistry
{
    /// <summary>The name of the environment variable that forces a variant.</summary>
    public const string EnvironmentVariable = "FEATUREINTERP_KERNELS";

    internal static readonly string[] Names = ["reference", "vector128", "vector256", "vector512"];

    /// <summary>All variants, operation by operation, narrowest first.</summary>
    public static IReadOnlyList<KernelVariant> Variants { get; } = [.. Kernels.Operations.SelectMany(o => o.Variants)];

    /// <summary>The variant that <see cref="Kernels"/> calls.</summary>
    /// <param name="operation">The operation, such as <c>linear</c>.</param>
    /// <exception cref="ArgumentException">There is no such operation, or the environment variable names no usable variant.</exception>
    public static KernelVariant Active(string operation)
    {
        var variants = Variants.Where(v => string.Equals(v.Operation, operation, StringComparison.Ordinal)).ToArray();
        if (variants.Length == 0)
            throw new ArgumentException($"There is no operation '{operation}'; there are {string.Join(", ", Kernels.Operations.Select(o => o.Name))}.", nameof(operation));
        return Choose(variants, Environment.GetEnvironmentVariable(EnvironmentVariable));
    }

    /// <summary>The variant of that name, or the widest supported one when no name is given.</summary>
    internal static KernelVariant Choose(IReadOnlyList<KernelVariant> variants, string? name)
    {
        if (string.IsNullOrEmpty(name))
            return variants.Last(v => v.IsSupported);
        var found = variants.FirstOrDefault(v => string.Equals(v.Name, name, StringComparison.OrdinalIgnoreCase));
        if (found is { IsSupported: true })
            return found;
        var valid = string.Join(", ", variants.Where(v => v.IsSupported).Select(v => v.Name));
        throw new ArgumentException($"{EnvironmentVariable} is '{name}', which is not a set of kernels this processor can run; use one of {valid}, or leave it unset.", nameof(name));
    }
}
