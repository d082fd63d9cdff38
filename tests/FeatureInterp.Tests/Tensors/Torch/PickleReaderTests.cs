using System.Numerics;
using FeatureInterp.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>What the pickle machine makes of every instruction it knows.</summary>
public class PickleReaderTests
{
    [Theory, InlineData(2), InlineData(3), InlineData(4), InlineData(5)]
    public void Read_EveryProtocol_Reads(byte protocol) => Assert.Equal(7L, Read(new RawPickle(protocol).Int(7)));

    [Theory, InlineData(0L), InlineData(255L), InlineData(256L), InlineData(65535L), InlineData(65536L), InlineData(-1L), InlineData(int.MinValue), InlineData(1L << 40), InlineData(long.MinValue), InlineData(long.MaxValue)]
    public void Read_WholeNumber_GivesIt(long value) => Assert.Equal(value, Read(new RawPickle().Int(value)));

    [Fact]
    public void Read_LongNumbers_GivesThem()
    {
        Assert.Equal(0L, Read(new RawPickle().Op(0x8A, 0)));
        Assert.Equal(255L, Read(new RawPickle().Op(0x8A, 2, 0xFF, 0)));
        Assert.Equal(-256L, Read(new RawPickle().Op(0x8B, 2, 0, 0, 0, 0, 0xFF)));
        Assert.Equal(BigInteger.One << 63, Read(new RawPickle().Op(0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0))); // a seed of torch
    }

    [Fact]
    public void Read_Constants_GivesThem()
    {
        Assert.Null(Read(new RawPickle().None()));
        Assert.Equal(true, Read(new RawPickle().Bool(true)));
        Assert.Equal(false, Read(new RawPickle().Bool(false)));
        Assert.Equal(-0.1, Read(new RawPickle().Float(-0.1)));
    }

    [Fact]
    public void Read_TextAndBytes_GivesThem()
    {
        Assert.Equal("näme", Read(new RawPickle().Text("näme")));
        Assert.Equal("ab", Read(new RawPickle().Op(0x8C, 2, (byte)'a', (byte)'b')));
        Assert.Equal("ab", Read(new RawPickle().Op(0x8D, 2, 0, 0, 0, 0, 0, 0, 0, (byte)'a', (byte)'b')));
        Assert.Equal(new byte[] { 1, 2 }, Read(new RawPickle().Op((byte)'C', 2, 1, 2)));
        Assert.Equal(new byte[] { 1, 2 }, Read(new RawPickle().Op((byte)'B', 2, 0, 0, 0, 1, 2)));
        Assert.Equal(new byte[] { 1, 2 }, Read(new RawPickle().Op(0x8E, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2)));
        Assert.Equal(new byte[] { 1, 2 }, Read(new RawPickle().Op(0x96, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2)));
    }

    [Fact]
    public void Read_Tuples_KeepTheirOrder()
    {
        Assert.Empty(Items(new RawPickle().Op(')')));
        Assert.Equal([1L], Items(new RawPickle().Int(1).Op(0x85)));
        Assert.Equal([1L, 2L], Items(new RawPickle().Int(1).Int(2).Op(0x86)));
        Assert.Equal([1L, 2L, 3L], Items(new RawPickle().Int(1).Int(2).Int(3).Op(0x87)));
        Assert.Equal([1L, 2L, 3L, 4L], Items(new RawPickle().Numbers(1, 2, 3, 4)));
    }

    [Fact]
    public void Read_Lists_KeepTheirOrder()
    {
        Assert.Equal([1L, 2L], List(new RawPickle().List(p => p.Int(1), p => p.Int(2))));
        Assert.Equal([1L], List(new RawPickle().Op(']').Int(1).Op('a')));
        Assert.Equal([1L, 2L], List(new RawPickle().Op('(').Int(1).Int(2).Op('l')));
    }

    [Fact]
    public void Read_Dictionaries_KeepOrderAndTheLaterValue()
    {
        (object, object?)[] wanted = [("a", 3L), ("b", 2L)];
        Assert.Equal(wanted, Entries(new RawPickle().Dict(("a", p => p.Int(1)), ("b", p => p.Int(2)), ("a", p => p.Int(3)))));
        Assert.Equal(wanted, Entries(new RawPickle().Op('}').Text("a").Int(3).Op('s').Text("b").Int(2).Op('s')));
        Assert.Equal(wanted, Entries(new RawPickle().Op('(').Text("a").Int(3).Text("b").Int(2).Op('d')));
        Assert.Equal(wanted, Entries(new RawPickle().EmptyOrderedDict().Op('(').Text("a").Int(3).Text("b").Int(2).Op('u')));
        Assert.Empty(Entries(new RawPickle().Op('}')));
    }

    // A state_dict keeps _metadata as an attribute, which BUILD sets.
    [Fact]
    public void Read_StateOfADictionary_IsPassedOver() =>
        Assert.Empty(Entries(new RawPickle().EmptyOrderedDict().Dict(("_metadata", p => p.EmptyOrderedDict())).Op('b')));

    [Fact]
    public void Read_Memo_RecallsTheSameObject()
    {
        var items = Items(new RawPickle().Op('(').Op('}').Put(5).Get(5).Op((byte)'r', 0, 1, 0, 0).Op((byte)'j', 0, 1, 0, 0).Op('t'));
        Assert.Equal(3, items.Length);
        Assert.Same(items[0], items[1]);
        Assert.Same(items[0], items[2]);
    }

    [Fact]
    public void Read_Memoize_NumbersInOrder() =>
        Assert.Equal([1L, 2L, 2L, 1L], Items(new RawPickle(4).Op(0x95, 13, 0, 0, 0, 0, 0, 0, 0).Op('(').Int(1).Op(0x94).Int(2).Op(0x94).Get(1).Get(0).Op('t')));

    [Fact]
    public void Read_StackInstructions_Work()
    {
        Assert.Equal([1L, 1L], Items(new RawPickle().Int(1).Op('2').Op(0x86)));
        Assert.Equal(1L, Read(new RawPickle().Int(1).Int(2).Op('0')));
        Assert.Equal(1L, Read(new RawPickle().Int(1).Op('(').Int(2).Int(3).Op('1')));
        Assert.Equal(1L, Read(new RawPickle().Int(1).Op('(').Op('0')));
    }

    [Fact]
    public void Read_TorchNames_StandForWhatTheyAre()
    {
        Assert.Equal("torch.bfloat16", Read(new RawPickle().Global("torch", "bfloat16")));
        Assert.Equal("torch.float32", Read(new RawPickle(4).Op(0x8C, 5).Op("torch"u8).Op(0x8C, 7).Op("float32"u8).Op(0x93)));
        Assert.Equal([2L, 3L], Items(new RawPickle().Global("torch", "Size").Numbers(2, 3).Op(0x85).Op('R')));
    }

    [Fact]
    public void Read_Tensors_GiveTheirPlaces()
    {
        var wanted = new TorchStorage(DType.F16, "7", 24);
        var tensor = Assert.IsType<TorchTensor>(Read(new RawPickle().Tensor("HalfStorage", "7", 24, 4, [2, 3], [1, 2])));
        Assert.Equal(wanted, tensor.Storage);
        Assert.Equal(4, tensor.Offset);
        Assert.Equal([2, 3], tensor.Shape);
        Assert.Equal([1, 2], tensor.Strides);

        tensor = Assert.IsType<TorchTensor>(Read(new RawPickle().Global("torch._utils", "_rebuild_tensor").Tuple(p => p.Storage("HalfStorage", "7", 24), p => p.Int(0), p => p.Numbers(4), p => p.Numbers(1)).Op('R')));
        Assert.Equal(wanted, tensor.Storage);

        tensor = Assert.IsType<TorchTensor>(Read(new RawPickle().Global("torch._utils", "_rebuild_parameter")
            .Tuple(p => p.Tensor("HalfStorage", "7", 24, 0, [], []), p => p.Bool(true), p => p.EmptyOrderedDict()).Op('R')));
        Assert.Empty(tensor.Shape);
        Assert.Equal(new TorchStorage(DType.U8, "0", 9), Read(new RawPickle().Storage("UntypedStorage", "0", 9)));
    }

    [Fact]
    public void Read_AnyTreeWritten_GivesItBack()
    {
        var leaf = Gen.OneOf(Gen.Constant((object?)null), Gen.Elements(true, false).Select(b => (object?)b), ArbMap.Default.GeneratorFor<long>().Select(n => (object?)n),
            ArbMap.Default.GeneratorFor<double>().Select(d => (object?)d), ArbMap.Default.GeneratorFor<int>().Select(n => (object?)$"täxt {n}"));
        Prop.ForAll(Gen.Sized(size => Tree(leaf, Math.Min(size, 4))).ToArbitrary(), tree =>
        {
            var pickle = new RawPickle();
            Write(pickle, tree);
            Assert.Equal(Text(tree), Text(Read(pickle)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(7, 9));
    }

    private static Gen<object?> Tree(Gen<object?> leaf, int depth) => depth == 0
        ? leaf
        : Gen.OneOf(leaf, Tree(leaf, depth - 1).ArrayOf(3).Select(items => (object?)items), Tree(leaf, depth - 1).ListOf(2).Select(items => (object?)items.ToList()));

    private static void Write(RawPickle pickle, object? item)
    {
        switch (item)
        {
            case null: pickle.None(); break;
            case bool value: pickle.Bool(value); break;
            case long value: pickle.Int(value); break;
            case double value: pickle.Float(value); break;
            case string value: pickle.Text(value); break;
            case object?[] items: pickle.Tuple([.. items.Select(i => (Action<RawPickle>)(p => Write(p, i)))]); break;
            case List<object?> items: pickle.List([.. items.Select(i => (Action<RawPickle>)(p => Write(p, i)))]); break;
        }
    }

    private static string Text(object? item) => item switch
    {
        null => "None",
        double value => "d" + BitConverter.DoubleToInt64Bits(value),
        PickleTuple tuple => Text(tuple.Items),
        object?[] items => $"({string.Join(", ", items.Select(Text))})",
        List<object?> items => $"[{string.Join(", ", items.Select(Text))}]",
        _ => $"{item.GetType().Name} {item}",
    };

    private static object? Read(RawPickle pickle) => PickleReader.Read("x.pt", pickle.Bytes);

    private static object?[] Items(RawPickle pickle) => Assert.IsType<PickleTuple>(Read(pickle)).Items;

    private static List<object?> List(RawPickle pickle) => Assert.IsType<List<object?>>(Read(pickle));

    private static IEnumerable<(object Key, object? Value)> Entries(RawPickle pickle) => Assert.IsType<PickleDict>(Read(pickle)).Entries;
}
