using System.Buffers.Binary;
using System.Text;

namespace FeatureInterp.Tests;

/// <summary>Pickles written instruction by instruction from Python's description of them (pickletools).</summary>
internal sealed class RawPickle
{
    private readonly List<byte> _bytes = [];

    public RawPickle(byte protocol = 2) => _bytes.AddRange([0x80, protocol]);

    /// <summary>The pickle, ended.</summary>
    public byte[] Bytes => [.. _bytes, (byte)'.'];

    public RawPickle Op(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public RawPickle Op(char code) => Op((byte)code);

    public RawPickle None() => Op('N');

    public RawPickle Bool(bool value) => Op(value ? (byte)0x88 : (byte)0x89);

    /// <summary>A whole number in the shortest form Python gives it.</summary>
    public RawPickle Int(long value)
    {
        switch (value)
        {
            case >= 0 and <= 255: return Op((byte)'K', (byte)value);
            case >= 0 and <= 65535: return Op('M').Op(BitConverter.GetBytes((ushort)value));
            case >= int.MinValue and <= int.MaxValue: return Op('J').Op(BitConverter.GetBytes((int)value));
            default: return Op(0x8A, 8).Op(BitConverter.GetBytes(value));
        }
    }

    public RawPickle Float(double value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        return Op('G').Op(bytes);
    }

    public RawPickle Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        return Op('X').Op(BitConverter.GetBytes(bytes.Length)).Op(bytes);
    }

    public RawPickle Global(string module, string name) => Op('c').Op(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public RawPickle Put(byte key) => Op((byte)'q', key);

    public RawPickle Get(byte key) => Op((byte)'h', key);

    /// <summary>A tuple of what the calls push.</summary>
    public RawPickle Tuple(params ReadOnlySpan<Action<RawPickle>> items)
    {
        Op('(');
        foreach (var item in items)
            item(this);
        return Op('t');
    }

    public RawPickle Numbers(params long[] numbers) => Tuple([.. numbers.Select(n => (Action<RawPickle>)(p => p.Int(n)))]);

    /// <summary>A dictionary with text for keys.</summary>
    public RawPickle Dict(params ReadOnlySpan<(string Key, Action<RawPickle> Value)> entries)
    {
        Op('}').Op('(');
        foreach (var (key, value) in entries)
            value(Text(key));
        return Op('u');
    }

    public RawPickle List(params ReadOnlySpan<Action<RawPickle>> items)
    {
        Op(']').Op('(');
        foreach (var item in items)
            item(this);
        return Op('e');
    }

    public RawPickle EmptyOrderedDict() => Global("collections", "OrderedDict").Op(')').Op('R');

    public RawPickle Storage(string kind, string key, long count) =>
        Tuple(p => p.Text("storage"), p => p.Global("torch", kind), p => p.Text(key), p => p.Text("cpu"), p => p.Int(count)).Op('Q');

    /// <summary>A tensor as torch.save writes it today.</summary>
    public RawPickle Tensor(string kind, string key, long count, long offset, long[] shape, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v2")
            .Tuple(p => p.Storage(kind, key, count), p => p.Int(offset), p => p.Numbers(shape), p => p.Numbers(strides), p => p.Bool(false), p => p.EmptyOrderedDict())
            .Op('R');
}
