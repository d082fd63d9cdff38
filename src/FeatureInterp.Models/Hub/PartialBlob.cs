namespace FeatureInterp.Models;

/// <summary>
/// A blob while it is being fetched: <c>ETAG.incomplete</c>. What was received is handed to the operating system block by block, so that a process that is
/// killed keeps it, and it is hashed on the way.
/// </summary>
internal sealed class PartialBlob : IDisposable
{
    private readonly string _path;
    private readonly RemoteFile _file;
    private readonly FileStream _stream;
    private BlobHash? _hash;

    private PartialBlob(string path, RemoteFile file, FileStream stream)
    {
        (_path, _file, _stream) = (path, file, stream);
        Length = stream.Length;
        Resumed = Length > 0;
    }

    /// <summary>The bytes that are there.</summary>
    public long Length { get; private set; }

    /// <summary>Whether bytes of an earlier process are among them.</summary>
    public bool Resumed { get; private set; }

    public bool IsComplete => Length == _file.Size;

    /// <summary>Opens what an earlier try left, or begins anew; what is too long cannot be a part of the file and is dropped.</summary>
    public static PartialBlob Open(string path, RemoteFile file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var blob = new PartialBlob(path, file, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0));
        if (blob.Length > file.Size)
            blob.Restart();
        return blob;
    }

    /// <summary>Forgets every byte.</summary>
    public void Restart()
    {
        _stream.SetLength(0);
        _hash?.Dispose();
        (_hash, Length, Resumed) = (null, 0, false);
    }

    /// <summary>Keeps a block. It is not cancellable: half a block would have to be fetched again.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> block)
    {
        if (_hash is null && _file.Size is { } size && Length == 0)
            _hash = new BlobHash(_file.ETag, size);
        await RandomAccess.WriteAsync(_stream.SafeFileHandle, block, Length, CancellationToken.None).ConfigureAwait(false);
        Length += block.Length;
        _hash?.Append(block.Span);
    }

    /// <summary>Whether the bytes are those that the hub's hash names.</summary>
    public async Task<bool> IsGenuineAsync(CancellationToken cancellation)
    {
        if (_hash is not null)
            return _hash.Matches();
        using var hash = new BlobHash(_file.ETag, Length);
        var block = new byte[1 << 20];
        for (long at = 0; hash.CanCheck && at < Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var read = await RandomAccess.ReadAsync(_stream.SafeFileHandle, block, at, cancellation).ConfigureAwait(false);
            if (read == 0)
                return false;
            hash.Append(block.AsSpan(0, read));
            at += read;
        }

        return hash.Matches();
    }

    /// <summary>Gives the blob its name, once the disk has it.</summary>
    public void Finish(string path)
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_path, path, overwrite: true);
    }

    /// <summary>Removes it: none of its bytes can be used.</summary>
    public void Delete()
    {
        _stream.Dispose();
        File.Delete(_path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _hash?.Dispose();
    }
}
