using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Pickles that are none, or that ask for what is not read: one test a malformation, one exception for all.</summary>
public class PickleMalformedTests
{
    [Theory, InlineData(new byte[0]), InlineData(new byte[] { 0x80 }), InlineData(new byte[] { 0x80, 1, (byte)'N', (byte)'.' }), InlineData(new byte[] { 0x80, 6, (byte)'N', (byte)'.' }), InlineData(new byte[] { (byte)'N', (byte)'.' })]
    public void Read_OtherBeginning_IsRefused(byte[] bytes) => Refused(bytes, "does not begin as a pickle");

    [Fact]
    public void Read_NoEnd_IsRefused() => Refused(new RawPickle().None().Bytes[..^1], "ends in the middle");

    [Fact]
    public void Read_SomethingBehindTheEnd_IsRefused() => Refused([.. new RawPickle().None().Bytes, 0], "goes on after its end");

    [Fact]
    public void Read_EndWithoutAnObject_IsRefused() => Refused(new RawPickle(), "has not made");

    [Fact]
    public void Read_EndWithTwoObjects_IsRefused() => Refused(new RawPickle().None().None(), "more than one object");

    [Fact]
    public void Read_EndAboveAMark_IsRefused() => Refused(new RawPickle().Op('(').None(), "more than one object");

    // Text forms of protocol 0, INST, OBJ, NEWOBJ, sets, extensions, buffers, PERSID, a second PROTO, and no instruction at all.
    [Theory, InlineData('I'), InlineData('L'), InlineData('F'), InlineData('S'), InlineData('T'), InlineData('U'), InlineData('V'), InlineData('P'), InlineData('i'), InlineData('o'), InlineData('g'), InlineData('p')]
    [InlineData((char)0x80), InlineData((char)0x81), InlineData((char)0x82), InlineData((char)0x83), InlineData((char)0x84), InlineData((char)0x8F), InlineData((char)0x90), InlineData((char)0x91), InlineData((char)0x92), InlineData((char)0x97), InlineData((char)0x98), InlineData((char)0xFF), InlineData((char)0)]
    public void Read_OtherInstruction_IsRefused(char code) => Refused(new RawPickle().Op(')').Op(')').Op((byte)code), $"instruction 0x{(int)code:x2}");

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "getcwd")]
    [InlineData("builtins", "eval")]
    [InlineData("builtins", "getattr")]
    [InlineData("torch", "load")]
    [InlineData("torch.serialization", "load")]
    [InlineData("torch._utils", "_rebuild_tensor_v3")]
    [InlineData("torch._utils", "_rebuild_tensor_v2 ")]
    [InlineData("torch", "_utils._rebuild_tensor_v2x")]
    [InlineData("collections", "defaultdict")]
    [InlineData("numpy.core.multiarray", "_reconstruct")]
    [InlineData("", "")]
    public void Read_AnyOtherName_IsRefusedByName(string module, string name)
    {
        Refused(new RawPickle().Global(module, name), $"wants to run code: {module}.{name};");
        Refused(new RawPickle(4).Text(module).Text(name).Op(0x93), $"wants to run code: {module}.{name};");
    }

    [Theory, InlineData("ComplexFloatStorage"), InlineData("QInt8Storage"), InlineData("TypedStorage")]
    public void Read_OtherStorage_IsRefusedByName(string kind) => Refused(new RawPickle().Storage(kind, "0", 1), $"storage 'torch.{kind}'");

    [Fact]
    public void Read_NameWithoutEnd_IsRefused() => Refused(new RawPickle().Op('c').Op("torch"u8), "without an end");

    [Fact]
    public void Read_NameTooLong_IsRefused()
    {
        Refused(new RawPickle().Global("torch", new string('x', 300)), "more than 256 letters");
        Refused(new RawPickle().Text("torch").Text(new string('x', 300)).Op(0x93), "more than 256 letters");
    }

    [Fact]
    public void Read_NameThatIsNoText_IsRefused() => Refused(new RawPickle().Int(1).Int(2).Op(0x93), "not text");

    [Theory]
    [InlineData(new byte[] { (byte)'X', 0xFF, 0xFF, 0xFF, 0xFF, 0 }, "claims 4294967295 bytes")]
    [InlineData(new byte[] { (byte)'B', 0xFF, 0xFF, 0xFF, 0x7F, 0 }, "claims 2147483647 bytes")]
    [InlineData(new byte[] { 0x8C, 9, 0 }, "ends in the middle")]
    [InlineData(new byte[] { (byte)'C', 9, 0 }, "ends in the middle")]
    [InlineData(new byte[] { 0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, "claims 18446744073709551615 bytes")]
    [InlineData(new byte[] { 0x8E, 0, 0, 0, 0, 0, 0, 0, 1 }, "claims 72057594037927936 bytes")]
    [InlineData(new byte[] { 0x96, 0, 0, 0, 0, 1, 0, 0, 0 }, "claims 4294967296 bytes")]
    [InlineData(new byte[] { 0x8B, 0xFF, 0xFF, 0xFF, 0xFF }, "claims 4294967295 bytes")]
    [InlineData(new byte[] { 0x8A, 9, 0 }, "ends in the middle")]
    [InlineData(new byte[] { 0x95, 99, 0, 0, 0, 0, 0, 0, 0 }, "announces 99 bytes")]
    [InlineData(new byte[] { (byte)'G', 0, 0 }, "ends in the middle")]
    public void Read_LengthBeyondThePickle_IsRefusedWithoutMemory(byte[] instruction, string named)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(new RawPickle().Op(instruction), named);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Read_NumberTooLong_IsRefused() => Refused(new RawPickle().Op(0x8A, 200).Op(new byte[200]), "200 bytes, at most 128");

    [Fact]
    public void Read_TextThatIsNotUtf8_IsRefused() => Refused(new RawPickle().Op((byte)'X', 1, 0, 0, 0, 0xFF), "not UTF-8");

    [Theory, InlineData("0"), InlineData("1"), InlineData("2"), InlineData("t"), InlineData("l"), InlineData("d"), InlineData("a"), InlineData("e"), InlineData("s"), InlineData("u"), InlineData("R"), InlineData("b"), InlineData("Q"), InlineData("q\0"), InlineData("r\0\0\0\0"), InlineData("\u0085"), InlineData("\u0087"), InlineData("\u0093"), InlineData("\u0094")]
    public void Read_NothingOnTheStack_IsRefused(string instruction) => Refused(new RawPickle().Op([.. instruction.Select(c => (byte)c)]), "has not made");

    // Nothing is taken from below a mark.
    [Theory, InlineData("\u0085"), InlineData("2"), InlineData("a"), InlineData("q\0")]
    public void Read_BelowTheMark_IsRefused(string instruction) => Refused(new RawPickle().Op(']').None().Op('(').Op([.. instruction.Select(c => (byte)c)]), "has not made");

    [Fact]
    public void Read_NeverKept_IsRefused()
    {
        Refused(new RawPickle().Get(3), "recalls object 3");
        Refused(new RawPickle().Op((byte)'j', 0xFF, 0xFF, 0xFF, 0xFF), "recalls object 4294967295");
    }

    [Fact]
    public void Read_WrongContainer_IsRefused()
    {
        Refused(new RawPickle().Op('}').None().Op('a'), "not a list");
        Refused(new RawPickle().Op(')').Op('(').None().Op('e'), "not a list");
        Refused(new RawPickle().Op(']').Text("a").None().Op('s'), "not a dictionary");
        Refused(new RawPickle().Op('}').Op('(').Text("a").Op('u'), "without a value");
        Refused(new RawPickle().Op('(').Text("a").Op('d'), "without a value");
        Refused(new RawPickle().Op(']').Op('}').Op('b'), "the state of something");
        Refused(new RawPickle().Op('}').Op(']').Op('b'), "the state of something");
    }

    [Fact]
    public void Read_OtherKeys_AreRefused()
    {
        Refused(new RawPickle().Op('}').None().None().Op('s'), "neither text nor whole numbers");
        Refused(new RawPickle().Op('}').Op(')').None().Op('s'), "neither text nor whole numbers");
        Refused(new RawPickle().Op('}').Float(1).None().Op('s'), "neither text nor whole numbers");
    }

    [Fact]
    public void Read_CallOfNoFunction_IsRefused()
    {
        Refused(new RawPickle().Int(1).Op(')').Op('R'), "not a function");
        Refused(new RawPickle().Text("os.system").Op(')').Op('R'), "not a function");
        Refused(new RawPickle().Global("torch", "float32").Op(')').Op('R'), "not a function");
        Refused(new RawPickle().Global("torch", "FloatStorage").Int(3).Op(0x85).Op('R'), "does not take");
        Refused(new RawPickle().Global("collections", "OrderedDict").Op(']').Op('R'), "without a tuple");
    }

    [Fact]
    public void Read_CallWithOtherArguments_IsRefused()
    {
        Refused(new RawPickle().Global("collections", "OrderedDict").Op(']').Op(0x85).Op('R'), "does not take");
        Refused(new RawPickle().Global("torch", "Size").Op(')').Op('R'), "does not take");
        Refused(new RawPickle().Global("torch", "Size").Int(3).Op(0x85).Op('R'), "does not take");
        Refused(new RawPickle().Global("torch._utils", "_rebuild_parameter").Int(3).Bool(true).Op(0x86).Op('R'), "does not take");
        Refused(new RawPickle().Global("torch._utils", "_rebuild_tensor_v2").Op(')').Op('R'), "does not take");
        Refused(Tensor(p => p.Text("0"), p => p.Int(0), p => p.Numbers(2), p => p.Numbers(1)), "does not take");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.None(), p => p.Numbers(2), p => p.Numbers(1)), "does not take");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Int(2), p => p.Numbers(1)), "not a tuple");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Numbers(2), p => p.Tuple(q => q.None())), "hold None");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Numbers(-2), p => p.Numbers(1)), "hold -2");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Numbers(2), p => p.Numbers(-1)), "hold -1");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.Int(-1), p => p.Numbers(2), p => p.Numbers(1)), "begins at element -1");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Numbers(2), p => p.Numbers(1, 1)), "1 dimensions, 2 strides");
        Refused(Tensor(p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Numbers(new long[17]), p => p.Numbers(new long[17])), "at most 16");
    }

    [Fact]
    public void Read_ConjugatedOrNegatedTensor_IsRefused() =>
        Refused(new RawPickle().Global("torch._utils", "_rebuild_tensor_v2").Tuple(
            p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Numbers(2), p => p.Numbers(1), p => p.Bool(false), p => p.EmptyOrderedDict(), p => p.Dict(("neg", q => q.Bool(true)))).Op('R'), "negated");

    [Fact]
    public void Read_TensorWithHooks_IsRefused() =>
        Refused(new RawPickle().Global("torch._utils", "_rebuild_tensor_v2").Tuple(
            p => p.Storage("FloatStorage", "0", 2), p => p.Int(0), p => p.Numbers(2), p => p.Numbers(1), p => p.Bool(false), p => p.Dict(("hook", q => q.None()))).Op('R'), "does not take");

    [Fact]
    public void Read_OtherPersistentId_IsRefused()
    {
        Refused(new RawPickle().Text("0").Op('Q'), "not described by");
        Refused(Storage(p => p.Text("module"), p => p.Global("torch", "FloatStorage"), p => p.Text("0"), p => p.Text("cpu"), p => p.Int(1)), "not described by");
        Refused(Storage(p => p.Text("storage"), p => p.Text("FloatStorage"), p => p.Text("0"), p => p.Text("cpu"), p => p.Int(1)), "not described by");
        Refused(Storage(p => p.Text("storage"), p => p.Global("torch", "Size"), p => p.Text("0"), p => p.Text("cpu"), p => p.Int(1)), "not described by");
        Refused(Storage(p => p.Text("storage"), p => p.Global("torch", "FloatStorage"), p => p.Int(0), p => p.Text("cpu"), p => p.Int(1)), "not described by");
        Refused(Storage(p => p.Text("storage"), p => p.Global("torch", "FloatStorage"), p => p.Text("0"), p => p.Text("cpu"), p => p.Int(-1)), "not described by");
        Refused(Storage(p => p.Text("storage"), p => p.Global("torch", "FloatStorage"), p => p.Text("0"), p => p.Text("cpu"), p => p.Float(1)), "not described by");
        Refused(Storage(p => p.Text("storage"), p => p.Global("torch", "FloatStorage"), p => p.Text("0"), p => p.Text("cpu")), "not described by");
    }

    [Fact]
    public void Read_TooManyInstructions_AreRefused()
    {
        var bytes = new byte[2 + (2 * 2_000_001)];
        (bytes[0], bytes[1]) = (0x80, 2);
        for (var i = 2; i < bytes.Length; i += 2)
            (bytes[i], bytes[i + 1]) = ((byte)'N', (byte)'0');
        Refused(bytes, "after 4000000 instructions");
    }

    // A million open marks and containers: the machine has no recursion that could run out of stack.
    [Fact]
    public void Read_NestedDeep_ReadsOrRefusesWithoutOverflow()
    {
        Refused([0x80, 2, .. Enumerable.Repeat((byte)'(', 1_000_000), (byte)'.'], "has not made");
        byte[] nested = [0x80, 2, (byte)']', .. Enumerable.Repeat((byte)0x85, 1_000_000), (byte)'.'];
        Assert.IsType<PickleTuple>(PickleReader.Read("x.pt", nested));
    }

    private static RawPickle Tensor(Action<RawPickle> storage, Action<RawPickle> offset, Action<RawPickle> shape, Action<RawPickle> strides) =>
        new RawPickle().Global("torch._utils", "_rebuild_tensor_v2").Tuple(storage, offset, shape, strides, p => p.Bool(false), p => p.EmptyOrderedDict()).Op('R');

    private static RawPickle Storage(params ReadOnlySpan<Action<RawPickle>> items) => new RawPickle().Tuple(items).Op('Q');

    private static void Refused(RawPickle pickle, string named) => Refused(pickle.Bytes, named);

    private static void Refused(byte[] pickle, string named)
    {
        var e = Assert.Throws<WeightFileException>(() => PickleReader.Read("x.pt", pickle));
        Assert.Equal("x.pt", e.Path);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains(';', e.Message);
    }
}
