using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace FeatureInterp.Tensors;

/// <summary>
/// The machine that a pickle is a program of, protocols 2 to 5, cut down to what torch.save writes: it makes None, bool,
/// whole numbers, floats, text, bytes, tuples, lists and dictionaries, and calls what <see cref="TorchGlobals"/> knows. Everything
/// else is refused at the instruction that asks for it.
/// </summary>
/// <remarks>
/// Instructions are counted, each makes at most one object besides those on the stack, and every length is compared with
/// the bytes that are left: memory is bounded by the number of instructions and by the length of the pickle.
/// </remarks>
internal ref struct PickleReader
{
    /// <summary>The most instructions that are carried out.</summary>
    public const int MaxInstructions = 4_000_000;

    private const int MaxNumberBytes = 128, MaxNameLength = 256;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly TorchGlobals _globals;
    private readonly PickleStack _stack;
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;

    private PickleReader(string path, ReadOnlySpan<byte> bytes)
    {
        _path = path;
        _bytes = bytes;
        _globals = new TorchGlobals(path);
        _stack = new PickleStack(path);
    }

    /// <summary>
    /// The object a pickle makes: null, <see cref="bool"/>, <see cref="long"/>, <see cref="BigInteger"/> (beyond 64 bits), <see cref="double"/>,
    /// <see cref="string"/>, byte[], <see cref="PickleTuple"/>, <c>List&lt;object?&gt;</c>, <see cref="PickleDict"/>,
    /// <see cref="TorchTensor"/>, <see cref="TorchStorage"/> or <see cref="PickleGlobal"/>.
    /// </summary>
    /// <exception cref="WeightFileException">The pickle asks for something else, or is not one.</exception>
    public static object? Read(string path, ReadOnlySpan<byte> bytes)
    {
        var reader = new PickleReader(path, bytes);
        if (bytes.Length < 2 || bytes[0] != 0x80 || bytes[1] is < 2 or > 5)
            throw reader.Fault("does not begin as a pickle of protocol 2 to 5 does");
        reader._at = 2;
        for (var i = 0; i < MaxInstructions; i++)
        {
            var code = reader.Byte();
            if (code == '.')
                return reader.Finish();
            reader.Step(code);
        }

        throw reader.Fault($"goes on after {MaxInstructions} instructions");
    }

    private object? Finish()
    {
        if (_at != _bytes.Length)
            throw Fault("goes on after its end");
        var result = _stack.Pop();
        return _stack.IsEmpty ? result : throw Fault("ends with more than one object");
    }

    private void Step(byte code)
    {
        switch (code)
        {
            case (byte)'N': _stack.Push(null); break;
            case 0x88: _stack.Push(true); break;
            case 0x89: _stack.Push(false); break;
            case (byte)'J': _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'K': _stack.Push((long)Byte()); break;
            case (byte)'M': _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 0x8A: _stack.Push(Number(Byte())); break;
            case 0x8B: _stack.Push(Number(Length(4))); break;
            case (byte)'G': _stack.Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X': _stack.Push(Text(Length(4))); break;
            case 0x8C: _stack.Push(Text(Byte())); break;
            case 0x8D: _stack.Push(Text(Length(8))); break;
            case (byte)'B': _stack.Push(Take(Length(4)).ToArray()); break;
            case (byte)'C': _stack.Push(Take(Byte()).ToArray()); break;
            case 0x8E or 0x96: _stack.Push(Take(Length(8)).ToArray()); break;
            case (byte)'(': _stack.Mark(); break;
            case (byte)'0': _stack.Discard(); break;
            case (byte)'1': _stack.PopToMark(); break;
            case (byte)'2': _stack.Push(_stack.Peek()); break;
            case (byte)')': _stack.Push(new PickleTuple([])); break;
            case 0x85 or 0x86 or 0x87: _stack.Push(new PickleTuple(_stack.Pop(code - 0x84))); break;
            case (byte)'t': _stack.Push(new PickleTuple(_stack.PopToMark())); break;
            case (byte)']': _stack.Push(new List<object?>()); break;
            case (byte)'l': _stack.Push(new List<object?>(_stack.PopToMark())); break;
            case (byte)'a': Append(_stack.Pop(1)); break;
            case (byte)'e': Append(_stack.PopToMark()); break;
            case (byte)'}': _stack.Push(new PickleDict()); break;
            case (byte)'d': MakeDict(_stack.PopToMark()); break;
            case (byte)'s': SetItems(_stack.Pop(2)); break;
            case (byte)'u': SetItems(_stack.PopToMark()); break;
            case (byte)'q': _memo[Byte()] = _stack.Peek(); break;
            case (byte)'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = _stack.Peek(); break;
            case 0x94: _memo[_memo.Count] = _stack.Peek(); break;
            case (byte)'h': _stack.Push(Recall(Byte())); break;
            case (byte)'j': _stack.Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case 0x95: CheckFrame(); break;
            case (byte)'c': PushGlobal(Line(), Line()); break;
            case 0x93: PushGlobal(_stack.Pop(2)); break;
            case (byte)'Q': _stack.Push(_globals.Storage(_stack.Pop())); break;
            case (byte)'R': Call(_stack.Pop(2)); break;
            case (byte)'b': Build(_stack.Pop()); break;
            default: throw Fault($"asks for instruction 0x{code:x2}, which makes something else than tensors, containers, numbers and text");
        }
    }

    private void Append(object?[] items)
    {
        if (_stack.Peek() is not List<object?> list)
            throw Fault("appends to something that is not a list");
        list.AddRange(items);
    }

    private void MakeDict(object?[] items)
    {
        _stack.Push(new PickleDict());
        SetItems(items);
    }

    private void SetItems(object?[] items)
    {
        if (_stack.Peek() is not PickleDict dict || items.Length % 2 != 0)
            throw Fault("sets keys of something that is not a dictionary, or a key without a value");
        for (var i = 0; i < items.Length; i += 2)
            dict.Set(items[i] is string or long ? items[i]! : throw Fault("has a dictionary whose keys are neither text nor whole numbers"), items[i + 1]);
    }

    private void Call(object?[] call) => _stack.Push(_globals.Call(call[0], call[1]));

    // What is left to set on a finished object: only the attributes of a dictionary (torch keeps versions in _metadata), which name no array.
    private void Build(object? state)
    {
        if (_stack.Peek() is not PickleDict || state is not PickleDict)
            throw Fault("sets the state of something that is not a dictionary");
    }

    private void PushGlobal(object?[] names)
    {
        if (names is not [string module, string name])
            throw Fault("names a function by something that is not text");
        PushGlobal(module, name);
    }

    private void PushGlobal(string module, string name)
    {
        if (module.Length > MaxNameLength || name.Length > MaxNameLength)
            throw Fault($"names a function in more than {MaxNameLength} letters");
        _stack.Push(_globals.Find(module, name));
    }

    private object? Recall(long key) => _memo.TryGetValue(key, out var value) ? value : throw Fault($"recalls object {key}, which it never kept");

    private void CheckFrame()
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        if (length > (ulong)(_bytes.Length - _at))
            throw Fault($"announces {length} bytes where {_bytes.Length - _at} follow");
    }

    // Two's complement, little-endian, as many bytes as it takes.
    private object Number(int bytes)
    {
        if (bytes > MaxNumberBytes)
            throw Fault($"has a whole number of {bytes} bytes, at most {MaxNumberBytes} are read");
        var value = new BigInteger(Take(bytes));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private string Text(int bytes)
    {
        try
        {
            return Utf8.GetString(Take(bytes));
        }
        catch (DecoderFallbackException e)
        {
            throw new WeightFileException(_path, $"the pickle has text before byte {_at} that is not UTF-8; the file is damaged, fetch it again.", e);
        }
    }

    private string Line()
    {
        var rest = _bytes[_at..];
        var end = rest[..Math.Min(rest.Length, MaxNameLength + 1)].IndexOf((byte)'\n');
        if (end < 0)
            throw Fault($"names a function in more than {MaxNameLength} letters or without an end");
        var line = Text(end);
        _at++;
        return line;
    }

    private int Length(int bytes)
    {
        var field = Take(bytes);
        var length = bytes == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(field) : BinaryPrimitives.ReadUInt64LittleEndian(field);
        return length <= (ulong)(_bytes.Length - _at) ? (int)length : throw Fault($"claims {length} bytes where {_bytes.Length - _at} follow");
    }

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
            throw Fault("ends in the middle of an instruction");
        var taken = _bytes.Slice(_at, count);
        _at += count;
        return taken;
    }

    private readonly WeightFileException Fault(string what) => new(_path, $"the pickle {what} (before byte {_at} of {_bytes.Length}); the file is damaged or was not written by torch.save.");
}
