namespace FeatureInterp.Tensors;

/// <summary>A thread's working memory for kernels, kept between calls: pinned and aligned to a cache line. Kernels cut their
/// work so that no slot grows beyond some tens of megabytes.</summary>
internal sealed unsafe class Scratch
{
    private const int LineFloats = 16;

    [ThreadStatic]
    private static Scratch? t_current;

    private readonly float[][] _slots = [[], [], []];

    /// <summary>What a slot is for; a kernel and what it calls must not use the same one.</summary>
    public enum Slot
    {
        Activations,
        Weights,
        Scores,
    }

    /// <summary>At least <paramref name="count"/> floats of unspecified content, valid until the slot's next use on this thread.</summary>
    public static float* Get(Slot slot, nint count)
    {
        var scratch = t_current ??= new Scratch();
        ref var array = ref scratch._slots[(int)slot];
        if (array.Length < count + LineFloats)
            array = GC.AllocateUninitializedArray<float>(checked((int)(count + count / 4 + LineFloats)), pinned: true);
        fixed (float* p = array)
            return (float*)(((nint)p + 63) & ~63);
    }
}
