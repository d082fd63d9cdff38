using System.Text;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Every kind of weight file of this folder, spoilt at random as <see cref="WeightFileMutations"/> says.</summary>
public sealed class WeightFileMutationTests : IDisposable
{
    private const int Count = 700;

    private static readonly byte[] Data = [.. Enumerable.Range(0, 96).Select(i => (byte)(i * 7))];
    private static readonly byte[] Npy = RawNpz.Npy("<f4", "(4, 6)", Data);
    private static readonly byte[] Turned = RawNpz.Npy(">f4", "(4, 6)", Data, fortran: true);

    private static readonly byte[] Pickle = new RawPickle().Dict(
        ("model", p => p.Dict(("W", q => q.Tensor("FloatStorage", "0", 24, 0, [4, 6], [6, 1])), ("T", q => q.Tensor("FloatStorage", "0", 24, 1, [5, 4], [1, 6])))),
        ("half", p => p.Global("torch._utils", "_rebuild_parameter").Tuple(q => q.Tensor("HalfStorage", "1", 48, 0, [6, 8], [8, 1]), q => q.Bool(true), q => q.EmptyOrderedDict()).Op('R')),
        ("cfg", p => p.List(q => q.Int(70_000), q => q.Float(0.5), q => q.None(), q => q.Text("gelu")))).Bytes;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Npz_AnyBytesChanged_OpensOrThrowsTheOneException()
    {
        var plain = RawZip.Of(new RawZip.Member("a.npy", Npy), new RawZip.Member("b.npy", Turned), new RawZip.Member("c.npy", Npy) { Zip64 = true }).Bytes();
        var packed = RawZip.Of(new RawZip.Member("a.npy", Npy) { Deflate = true, Descriptor = 16 }, new RawZip.Member("b.npy", Turned) { Deflate = true }).Bytes();
        CheckNpz(random => WeightFileMutations.Mutate(random.Next(2) == 0 ? plain : packed, random));
    }

    // The archive around it is sound, so that what is changed reaches the parser of the array.
    [Fact]
    public void Npz_ArrayChanged_OpensOrThrowsTheOneException() => CheckNpz(random =>
        RawZip.Of(new RawZip.Member("a.npy", WeightFileMutations.Mutate(random.Next(2) == 0 ? Npy : Turned, random)) { Deflate = random.Next(2) == 0 }).Bytes());

    [Fact]
    public void Npz_HeaderChanged_OpensOrThrowsTheOneException()
    {
        string[] pieces = ["0", "2", "6", "(", ")", ",", "'", "2147483647", "9223372036854775807", "True", "False", "'>f8'", "'|O'", "L", " ", "{", "}", "-"];
        CheckNpz(random =>
        {
            var header = new StringBuilder("{'descr': '<f4', 'fortran_order': True, 'shape': (4, 6), }");
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(header.Length);
                header.Remove(at, Math.Min(random.Next(4), header.Length - at)).Insert(at, pieces[random.Next(pieces.Length)]);
            }

            return RawZip.Of(new RawZip.Member("a.npy", RawNpz.Npy(header.ToString(), Data))).Bytes();
        });
    }

    [Fact]
    public void Torch_AnyBytesChanged_OpensOrThrowsTheOneException()
    {
        var sound = RawTorch.Bytes(RawTorch.Members(Pickle, ("0", Data), ("1", Data)));
        CheckTorch(random => WeightFileMutations.Mutate(sound, random));
    }

    [Fact]
    public void Torch_PickleChanged_OpensOrThrowsTheOneException() =>
        CheckTorch(random => RawTorch.Bytes(RawTorch.Members(WeightFileMutations.Mutate(Pickle, random), ("0", Data), ("1", Data))));

    // Instructions at random, of which most are known: loops, marks and recalled objects in every order.
    [Fact]
    public void Torch_AnyInstructions_OpenOrThrowTheOneException()
    {
        byte[] codes = [.. ")]}(t012NaeusldqhRbQ.Kc"u8, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8C, 0x93, 0x94, 0x95];
        CheckTorch(random =>
        {
            var pickle = new RawPickle((byte)random.Next(2, 6)).Tensor("FloatStorage", "0", 24, 0, [4, 6], [6, 1]).Put(0).Op(']').Put(1).Op('}').Put(2);
            for (var i = random.Next(1, 60); i > 0; i--)
                pickle.Op(codes[random.Next(codes.Length)]).Op([.. Enumerable.Range(0, random.Next(2)).Select(_ => (byte)random.Next(4))]);
            return RawTorch.Bytes(pickle, ("0", Data));
        });
    }

    // Shapes, strides, offsets and counts of every size, most of them impossible.
    [Fact]
    public void Torch_AnyView_OpensOrThrowsTheOneException()
    {
        long[] numbers = [0, 0, 1, 1, 2, 3, 4, 6, 23, 24, 25, 1 << 10, int.MaxValue, 1L << 31, 1L << 32, 1L << 61, long.MaxValue];
        CheckTorch(random =>
        {
            var rank = random.Next(4);
            long[] shape = [.. Enumerable.Range(0, rank).Select(_ => numbers[random.Next(random.Next(2) == 0 ? 8 : numbers.Length)])];
            long[] strides = [.. Enumerable.Range(0, rank).Select(_ => numbers[random.Next(random.Next(2) == 0 ? 8 : numbers.Length)])];
            var count = random.Next(4) == 0 ? numbers[random.Next(numbers.Length)] : 24;
            return RawTorch.Bytes(new RawPickle().Dict(("w", p => p.Tensor("FloatStorage", "0", count, numbers[random.Next(6)], shape, strides))), ("0", Data));
        });
    }

    [Fact]
    public void ShardIndex_AnyBytesChanged_OpensOrThrowsTheOneException()
    {
        var raw = new RawSafetensors();
        raw.Add("a", DType.F32, [2, 2], [1, 2, 3, 4]);
        raw.Add("b", DType.BF16, [2], [1, 2]);
        raw.Save(_folder.PathOf("one.safetensors"));
        var other = new RawSafetensors();
        other.Add("c", DType.F16, [3], [1, 2, 3]);
        other.Save(_folder.PathOf("two.safetensors"));
        var index = "{\"metadata\":{\"total_size\":26},\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\",\"c\":\"two.safetensors\"}}"u8.ToArray();
        var path = _folder.PathOf("model.safetensors.index.json");
        WeightFileMutations.Check(path, Count, random => WeightFileMutations.Mutate(index, random), _ =>
        {
            var source = WeightSource.OpenFolder(_folder.Path);
            return source.Names.Select(name => source[name]);
        });
    }

    private void CheckNpz(Func<Random, byte[]> spoil) =>
        WeightFileMutations.Check(_folder.PathOf("x.npz"), Count, spoil, path => NpzFile.Open(path).Weights.Values);

    private void CheckTorch(Func<Random, byte[]> spoil) =>
        WeightFileMutations.Check(_folder.PathOf("x.pt"), Count, spoil, path => TorchFile.Open(path).Weights.Values);
}
