namespace FeatureInterp.Tensors;

/// <summary>
/// What the kernels need of one vector width. A kernel is written once, generic over <typeparamref name="V"/> and this; every
/// member is a constant or a few instructions that the compiler inlines, and since V is the raw vector type itself, a kernel's
/// variables live in registers.
/// </summary>
/// <typeparam name="V">The vector type, such as <c>Vector256&lt;float&gt;</c>.</typeparam>
internal unsafe partial interface ISimd<V>
    where V : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of the matrix multiply's register tile, which is this many rows by two vectors.</summary>
    static abstract int TileRows { get; }

    static abstract V Load(float* p);

    /// <summary>Widens <see cref="Width"/> bfloat16 numbers.</summary>
    static abstract V LoadBF16(ushort* p);

    /// <summary>Widens those of 2·<see cref="Width"/> bfloat16 numbers that are at even places.</summary>
    static abstract V LoadEvenBF16(ushort* p);

    /// <summary>Widens those of 2·<see cref="Width"/> bfloat16 numbers that are at odd places.</summary>
    static abstract V LoadOddBF16(ushort* p);

    /// <summary>Copies 2·<see cref="Width"/> numbers, those at even places first.</summary>
    static abstract void StoreByParity(float* source, float* destination);

    /// <summary>Widens <see cref="Width"/> binary16 numbers.</summary>
    static abstract V LoadF16(ushort* p);

    static abstract void Store(V v, float* p);

    /// <summary>Asks for a cache line that will be needed soon, where the processor takes such hints.</summary>
    static abstract void Prefetch(void* p);

    static abstract V Create(float value);

    static abstract V Add(V a, V b);

    static abstract V Subtract(V a, V b);

    static abstract V Multiply(V a, V b);

    static abstract V Divide(V a, V b);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>The larger of each pair; b where a or b is NaN.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller of each pair; b where a or b is NaN.</summary>
    static abstract V Min(V a, V b);

    /// <summary>0 where x is below the limit, elsewhere (and where x is NaN) v.</summary>
    static abstract V ZeroBelow(V x, V limit, V v);

    static abstract V Abs(V v);

    /// <summary>The magnitude of the first with the sign of the second.</summary>
    static abstract V CopySign(V magnitude, V sign);

    /// <summary>To the nearest whole number, ties to even.</summary>
    static abstract V Round(V v);

    /// <summary>v·2ⁿ for whole n from −252 to 254, rounded once at most where it leaves the normal range.</summary>
    static abstract V Scale(V v, V n);

    static abstract float Sum(V v);

    /// <summary>Writes the sums of four vectors side by side: cheaper than four times <see cref="Sum"/>.</summary>
    static abstract void StoreSums(V a, V b, V c, V d, float* p);

    /// <summary>Whether any element of a is larger than its partner in b.</summary>
    static abstract bool AnyGreater(V a, V b);

    /// <summary>Whether every element of a is at most its partner in b; false where either is NaN.</summary>
    static abstract bool AllAtMost(V a, V b);

    static abstract V Sqrt(V v);

    /// <summary>The side of the square block that <see cref="StoreTransposed"/> turns.</summary>
    static abstract int BlockSize { get; }

    /// <summary>Reads a block of BlockSize rows, each <paramref name="stride"/> bytes after the last, and writes it transposed
    /// as fp32, rows <paramref name="pitch"/> floats apart.</summary>
    static abstract void StoreTransposed<E>(byte* source, nint stride, float* destination, nint pitch)
        where E : struct, IElement;

    /// <summary>As <see cref="StoreTransposed"/>, of bf16 numbers and a block twice as long as it is high.</summary>
    static abstract void StoreTransposedBF16(byte* source, nint stride, float* destination, nint pitch);
}
