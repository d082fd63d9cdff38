using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace FeatureInterp.Tensors;

/// <summary>
/// A whole file mapped read-only into memory: pages come from disk when first read and are shared with every other process that
/// maps the same file. Unmapped by the garbage collector once no <see cref="Weight"/> points into it.
/// </summary>
internal sealed unsafe class MappedFile
{
    private readonly SafeMemoryMappedViewHandle? _view;

    public MappedFile(string path)
    {
        Path = path;
        try
        {
            // The Hugging Face cache is made of links, and a link's own length is that of its text.
            Length = ((new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? new FileInfo(path)).Length;
            if (Length == 0)
                return;
            using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
            var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            _view = view.SafeMemoryMappedViewHandle;
            GC.SuppressFinalize(view);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new WeightFileException(path, "there is no such file; check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightFileException(path, $"the file cannot be read ({e.Message}); check its permissions.", e);
        }

        // AcquirePointer would count a reference that nothing gives back; the handle's own finalizer unmaps.
        Pointer = (byte*)_view.DangerousGetHandle();
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>The first byte; valid while this object is reachable.</summary>
    public byte* Pointer { get; }
}
