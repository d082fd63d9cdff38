using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

// What the kernels need to read quantised blocks: small whole numbers as fp32.
internal unsafe partial interface ISimd<V>
{
    /// <summary>Widens <see cref="Width"/> signed bytes.</summary>
    static abstract V LoadI8(byte* p);

    /// <summary>The lower four bits of <see cref="Width"/> bytes, and the upper four.</summary>
    static abstract void LoadNibbles(byte* p, out V low, out V high);

    /// <summary>The same with a fifth bit from as many bytes <paramref name="fifth"/>: bit <paramref name="bit"/> for the lower
    /// four, the next for the upper.</summary>
    static abstract void LoadFiveBits(byte* p, byte* fifth, int bit, out V low, out V high);

    /// <summary>Numbers of six bits: the lower four bits of <see cref="Width"/> bytes a with bits 0 and 1 of as many bytes
    /// <paramref name="high"/>, those of b with bits 2 and 3, the upper four bits of a with bits 4 and 5, those of b with 6 and 7.</summary>
    static abstract void LoadSixBits(byte* a, byte* b, byte* high, out V q0, out V q1, out V q2, out V q3);

    /// <summary>Writes 16 unsigned bytes as fp32.</summary>
    static abstract void StoreWidened(Vector128<byte> bytes, float* p);
}
