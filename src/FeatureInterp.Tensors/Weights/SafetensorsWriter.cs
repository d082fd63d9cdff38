using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FeatureInterp.Tensors;

/// <summary>
/// Writes fp32 and 64-bit integer arrays as one safetensors file. Nothing is half-written: the bytes go to a temporary file
/// beside the destination, which takes the destination's name at the end.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly List<(string Name, string DType, int[] Shape, Action<Stream> Write, long Bytes)> _entries = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds free text to the header's <c>__metadata__</c>.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">The text.</param>
    public void AddMetadata(string key, string value) => _metadata[key] = value;

    /// <summary>Adds an fp32 array; its memory is read when the file is written.</summary>
    /// <param name="name">Its name, unique in the file.</param>
    /// <param name="tensor">The array.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(string name, Tensor tensor) =>
        Add(name, "F32", tensor.Shape.ToArray(), s => s.Write(MemoryMarshal.AsBytes(tensor.Span)), 4L * tensor.Length);

    /// <summary>Adds a list of 64-bit integers.</summary>
    /// <param name="name">Its name, unique in the file.</param>
    /// <param name="values">The integers.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(string name, long[] values) =>
        Add(name, "I64", [values.Length], s => s.Write(MemoryMarshal.AsBytes(values.AsSpan())), 8L * values.Length);

    /// <summary>Writes the file, replacing one of the same name.</summary>
    /// <param name="path">The destination; its folder is made if it is not there.</param>
    /// <exception cref="WeightFileException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var temporary = path + ".partial";
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
                Write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightFileException(path, $"the file cannot be written ({e.Message}); choose another place.", e);
        }
        finally
        {
            // Gone already when all went well.
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    // Two arrays of one name would make a file that no reader accepts, this library's own among them.
    private void Add(string name, string dtype, int[] shape, Action<Stream> write, long bytes)
    {
        if (name == "__metadata__" || !_names.Add(name))
            throw new ArgumentException($"There is a tensor '{name}' in this file already; give each its own name.", nameof(name));
        _entries.Add((name, dtype, shape, write, bytes));
    }

    private void Write(Stream stream)
    {
        var header = Header();
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var entry in _entries)
            entry.Write(stream);
    }

    // Padded with spaces to a multiple of 8, so that the arrays are aligned.
    private byte[] Header()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in _metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var entry in _entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.DType);
                json.WriteStartArray("shape");
                foreach (var size in entry.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += entry.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
