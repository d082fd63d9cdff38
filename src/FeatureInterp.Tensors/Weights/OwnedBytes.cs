using System.Runtime.InteropServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// Memory of our own for what cannot be mapped: inflated members and arrays brought into row-major order. Freed by its finalizer
/// once no <see cref="Weight"/> points into it; its content is undefined until written.
/// </summary>
internal sealed unsafe class OwnedBytes : SafeHandle
{
    private readonly long _length;

    private OwnedBytes(long length)
        : base(0, ownsHandle: true)
    {
        _length = Math.Max(length, 1);
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)_length, 64));
        GC.AddMemoryPressure(_length);
    }

    public byte* Pointer => (byte*)handle;

    public override bool IsInvalid => handle == 0;

    /// <summary>Memory for an array of a file, if this machine has that much.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="name">The array, for the message.</param>
    /// <param name="bytes">How much; the caller has checked it against the file.</param>
    /// <exception cref="WeightFileException">There is not that much memory.</exception>
    public static OwnedBytes Allocate(string path, string name, long bytes)
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        try
        {
            if (bytes <= available)
                return new OwnedBytes(bytes);
        }
        catch (OutOfMemoryException)
        {
            // The message below is for both.
        }

        throw new WeightFileException(path, $"'{name}' cannot be mapped and takes {bytes} bytes of memory of the {available} that may be used; save it uncompressed and row-major, or use a machine with more.");
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure(_length);
        return true;
    }
}
