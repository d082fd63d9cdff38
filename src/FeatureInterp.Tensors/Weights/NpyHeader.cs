using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace FeatureInterp.Tensors;

/// <summary>
/// The head of a <c>.npy</c> array, versions 1.0, 2.0 and 3.0: <c>\x93NUMPY</c>, two version bytes, the length of a text (2 bytes in
/// 1.0, else 4), and the text, a Python dictionary with exactly <c>descr</c>, <c>fortran_order</c> and <c>shape</c>. It is read
/// as what it may be, never evaluated.
/// </summary>
internal sealed class NpyHeader
{
    /// <summary>The longest head that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 16;

    private readonly string _path;
    private readonly string _name;
    private readonly string _text;
    private int _at;

    private NpyHeader(string path, string name, string text) => (_path, _name, _text) = (path, name, text);

    public DType DType { get; private set; }

    /// <summary>The bytes of an element come in the other order.</summary>
    public bool BigEndian { get; private set; }

    /// <summary>The first index runs fastest.</summary>
    public bool FortranOrder { get; private set; }

    public long[] Shape { get; private set; } = [];

    /// <summary>Where the elements begin.</summary>
    public int Length { get; private set; }

    /// <summary>Reads the head of an array.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="name">The array, for messages.</param>
    /// <param name="bytes">The array's first bytes, <see cref="MaxBytes"/> or all there are.</param>
    public static NpyHeader Parse(string path, string name, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 10 || bytes[0] != 0x93 || !bytes[1..].StartsWith("NUMPY"u8))
            throw new WeightFileException(path, $"'{name}' does not begin as a NumPy array does; the file is damaged or of another kind.");
        var (major, minor) = (bytes[6], bytes[7]);
        if (major is < 1 or > 3 || minor != 0)
            throw new WeightFileException(path, $"'{name}' is a NumPy array of version {major}.{minor}, and 1.0, 2.0 and 3.0 can be read; save it with another NumPy.");
        var start = major == 1 ? 10 : 12;
        if (bytes.Length < start)
            throw new WeightFileException(path, $"'{name}' ends within its header; the file is damaged.");
        long length = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length > bytes.Length - start)
            throw new WeightFileException(path, $"'{name}' has a header of {length} bytes where {bytes.Length - start} can be read; the file is damaged.");

        var header = new NpyHeader(path, name, Encoding.Latin1.GetString(bytes.Slice(start, (int)length))) { Length = start + (int)length };
        header.ReadDictionary();
        return header;
    }

    private void ReadDictionary()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Expect('{');
        while (!Take('}'))
        {
            var key = ReadString();
            Expect(':');
            switch (seen.Add(key) ? key : "")
            {
                case "descr": ReadDescr(); break;
                case "fortran_order": FortranOrder = ReadBool(); break;
                case "shape": ReadShape(); break;
                default: throw Fault($"has '{key}' in its header twice or beyond descr, fortran_order and shape");
            }

            if (!Take(','))
            {
                Expect('}');
                break;
            }
        }

        SkipSpace();
        if (_at != _text.Length)
            throw Fault("has something behind its header's closing brace");
        if (seen.Count != 3)
            throw Fault("lacks descr, fortran_order or shape in its header");
    }

    private void ReadDescr()
    {
        SkipSpace();
        if (_at < _text.Length && _text[_at] == '[')
            throw new WeightFileException(_path, $"'{_name}' holds records of several fields; save each field as an array of its own.");
        var descr = ReadString();
        BigEndian = descr.StartsWith('>');
        DType = (descr.IndexOfAny(['<', '>', '=', '|']) == 0 ? descr[1..] : descr) switch
        {
            "f4" => DType.F32,
            "f2" => DType.F16,
            "f8" => DType.F64,
            "i8" => DType.I64,
            "i4" => DType.I32,
            "i2" => DType.I16,
            "i1" => DType.I8,
            "u1" => DType.U8,
            "b1" => DType.Bool,
            _ => throw new WeightFileException(_path, $"'{_name}' has the element type '{descr}', and only f4, f2, f8, i8, i4, i2, i1, u1 and b1 can be read; convert the array to one of them."),
        };
    }

    private bool ReadBool()
    {
        SkipSpace();
        foreach (var (word, value) in ((string, bool)[])[("True", true), ("False", false)])
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) == 0)
            {
                _at += word.Length;
                return value;
            }
        }

        throw Fault("has a fortran_order that is neither True nor False");
    }

    private void ReadShape()
    {
        var shape = new List<long>();
        Expect('(');
        while (!Take(')'))
        {
            SkipSpace();
            var start = _at;
            while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
                _at++;
            if (!long.TryParse(_text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var size) || shape.Count == ArrayShape.MaxRank)
                throw Fault($"has a shape that is not a tuple of at most {ArrayShape.MaxRank} whole numbers");
            shape.Add(size);
            Take('L'); // Python 2 wrote long numbers so
            if (Take(','))
                continue;
            if (shape.Count == 1)
                throw Fault("has a shape that is a number and not a tuple");
            Expect(')');
            break;
        }

        Shape = [.. shape];
    }

    // NumPy's keys and types have no escapes.
    private string ReadString()
    {
        SkipSpace();
        var quote = _at < _text.Length ? _text[_at] : ' ';
        var end = quote is '\'' or '"' ? _text.IndexOf(quote, _at + 1) : -1;
        if (end < 0 || end - _at > 64)
            throw Fault("has something in its header where a short text in quotes was due");
        var text = _text[(_at + 1)..end];
        _at = end + 1;
        return text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? throw Fault("has a name in its header that is not plain ASCII") : text;
    }

    private void Expect(char wanted)
    {
        if (!Take(wanted))
            throw Fault($"has {(_at < _text.Length ? $"'{_text[_at]}'" : "nothing")} at character {_at} of its header where '{wanted}' was due");
    }

    private bool Take(char wanted)
    {
        SkipSpace();
        if (_at == _text.Length || _text[_at] != wanted)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\n' or '\t' or '\r')
            _at++;
    }

    private WeightFileException Fault(string what) => new(_path, $"'{_name}' {what}; the file is damaged or of another kind.");
}
