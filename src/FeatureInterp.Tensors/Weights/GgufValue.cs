using System.Buffers.Binary;

namespace FeatureInterp.Tensors;

/// <summary>
/// One value of a GGUF file's metadata. It stays in the mapped file until it is asked for, and asking twice reads twice: keep
/// what a long list gives. Every accessor throws <see cref="WeightFileException"/> where the value is of another kind.
/// </summary>
public sealed class GgufValue
{
    private readonly MappedFile _file; // kept alive to the end of every read, since a cursor reads by pointer
    private readonly long _at;

    internal GgufValue(MappedFile file, string key, GgufType type, long at)
    {
        _file = file;
        _at = at;
        Key = key;
        Type = type;
        if (type != GgufType.Array)
            return;
        var cursor = new GgufCursor(file, at);
        ElementType = cursor.ReadType(key);
        Length = (int)cursor.ReadCount(1, key);
    }

    /// <summary>The name it has in the file.</summary>
    public string Key { get; }

    /// <summary>Its kind.</summary>
    public GgufType Type { get; }

    /// <summary>The kind of a list's elements; null when this is not a list.</summary>
    public GgufType? ElementType { get; }

    /// <summary>The number of a list's elements; 0 when this is not a list.</summary>
    public int Length { get; }

    /// <summary>The text.</summary>
    /// <exception cref="WeightFileException">This is not a text, or not UTF-8.</exception>
    public string AsString()
    {
        Expect(Type == GgufType.String, "a text");
        var text = new GgufCursor(_file, _at).ReadString(int.MaxValue, What);
        GC.KeepAlive(_file);
        return text;
    }

    /// <summary>A whole number of any width.</summary>
    /// <exception cref="WeightFileException">This is not a whole number, or larger than 2⁶³ − 1.</exception>
    public long AsInteger()
    {
        Expect(IsInteger(Type), "a whole number");
        var value = Integer(new GgufCursor(_file, _at).ReadScalar(Type, What), Type);
        GC.KeepAlive(_file);
        return value;
    }

    /// <summary>A whole number from 0 to 2⁶⁴ − 1.</summary>
    /// <exception cref="WeightFileException">This is not a whole number, or negative.</exception>
    public ulong AsUnsigned()
    {
        if (Type != GgufType.UInt64)
        {
            var signed = AsInteger();
            Expect(signed >= 0, "0 or more");
            return (ulong)signed;
        }

        var value = new GgufCursor(_file, _at).ReadUInt64(What);
        GC.KeepAlive(_file);
        return value;
    }

    /// <summary>A number of any type, whole ones rounded to the nearest fp64.</summary>
    /// <exception cref="WeightFileException">This is not a number.</exception>
    public double AsNumber()
    {
        Expect(IsNumber(Type), "a number");
        var value = Number(new GgufCursor(_file, _at).ReadScalar(Type, What), Type);
        GC.KeepAlive(_file);
        return value;
    }

    /// <summary>True or false.</summary>
    /// <exception cref="WeightFileException">This is not a truth value.</exception>
    public bool AsBool()
    {
        Expect(Type == GgufType.Bool, "true or false");
        var value = new GgufCursor(_file, _at).ReadByte(What);
        GC.KeepAlive(_file);
        Expect(value <= 1, "0 or 1");
        return value == 1;
    }

    /// <summary>A list of texts.</summary>
    /// <exception cref="WeightFileException">This is not a list of texts, or one of them is not UTF-8.</exception>
    public string[] AsStrings()
    {
        Expect(ElementType == GgufType.String, "a list of texts");
        var cursor = Elements(out var what);
        var values = new string[Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = cursor.ReadString(int.MaxValue, what);
        GC.KeepAlive(_file);
        return values;
    }

    /// <summary>A list of whole numbers of any width.</summary>
    /// <exception cref="WeightFileException">This is not a list of whole numbers, or one is larger than 2⁶³ − 1.</exception>
    public long[] AsIntegers()
    {
        Expect(ElementType is { } type && IsInteger(type), "a list of whole numbers");
        var cursor = Elements(out var what);
        var values = new long[Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Integer(cursor.ReadScalar(ElementType!.Value, what), ElementType.Value);
        GC.KeepAlive(_file);
        return values;
    }

    /// <summary>A list of numbers of any type, each rounded to the nearest fp64.</summary>
    /// <exception cref="WeightFileException">This is not a list of numbers.</exception>
    public double[] AsNumbers()
    {
        Expect(ElementType is { } type && IsNumber(type), "a list of numbers");
        var cursor = Elements(out var what);
        var values = new double[Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Number(cursor.ReadScalar(ElementType!.Value, what), ElementType.Value);
        GC.KeepAlive(_file);
        return values;
    }

    /// <summary>The elements of a list of any type, each a value of its own: for lists of lists and of truth values.</summary>
    /// <exception cref="WeightFileException">This is not a list.</exception>
    public GgufValue[] AsItems()
    {
        Expect(Type == GgufType.Array, "a list");
        var cursor = Elements(out var what);
        var items = new GgufValue[Length];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = new GgufValue(_file, Key, ElementType!.Value, cursor.At);
            cursor.Skip(ElementType.Value, what);
        }

        GC.KeepAlive(_file);
        return items;
    }

    /// <inheritdoc/>
    public override string ToString() => Type == GgufType.Array ? $"{Key} {ElementType}[{Length}]" : $"{Key} {Type}";

    private string What => "the metadata " + GgufCursor.Quote(Key);

    // The first element, and what to call it in messages.
    private GgufCursor Elements(out string what)
    {
        what = What;
        return new GgufCursor(_file, _at + sizeof(uint) + sizeof(ulong));
    }

    private static bool IsInteger(GgufType type) => type is not (GgufType.Float32 or GgufType.Float64 or GgufType.Bool or GgufType.String or GgufType.Array);

    private static bool IsNumber(GgufType type) => type is not (GgufType.Bool or GgufType.String or GgufType.Array);

    private long Integer(ReadOnlySpan<byte> bytes, GgufType type) => type switch
    {
        GgufType.UInt8 => bytes[0],
        GgufType.Int8 => (sbyte)bytes[0],
        GgufType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        GgufType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        GgufType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        GgufType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        GgufType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes) is <= long.MaxValue and var value
            ? (long)value
            : throw new WeightFileException(_file.Path, $"{What} holds a number beyond {long.MaxValue}, the largest that can be used; the file is damaged or of another kind."),
    };

    private double Number(ReadOnlySpan<byte> bytes, GgufType type) => type switch
    {
        GgufType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        GgufType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        GgufType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => Integer(bytes, type),
    };

    private void Expect(bool met, string wanted)
    {
        if (!met)
            throw new WeightFileException(_file.Path, $"{What} is {(Type == GgufType.Array ? $"a list of {ElementType}" : Type)} where {wanted} was wanted; the file is of another kind or damaged.");
    }
}
