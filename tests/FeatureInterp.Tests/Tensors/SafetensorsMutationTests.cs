using System.Text;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>A sound file, spoilt at random: it opens and every array can be read to its end, or the one exception says why not.</summary>
public sealed class SafetensorsMutationTests : IDisposable
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(700).WithReplay(17, 19);

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _sound = RawSafetensors.Bytes(
        "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]},\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[32,40]}}",
        [.. Enumerable.Range(0, 40).Select(i => (byte)(i * 7))]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_OneByteChanged_OpensOrThrowsTheOneException() =>
        Prop.ForAll(Gen.Choose(0, _sound.Length - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (at, value) =>
        {
            var bytes = (byte[])_sound.Clone();
            bytes[at] = (byte)value;
            Try(bytes);
        }).Check(Many);

    [Fact]
    public void Open_DigitsReplaced_OpensOrThrowsTheOneException()
    {
        int[] digits = [.. Enumerable.Range(8, _sound.Length - 8 - 40).Where(i => char.IsAsciiDigit((char)_sound[i]))];
        var numbers = Gen.Elements("0", "1", "-1", "40", "4294967296", "9223372036854775807", "18446744073709551616", "1e3", "0.5", "\"2\"", "[]", "null");
        Prop.ForAll(Gen.Elements(digits).ToArbitrary(), numbers.ToArbitrary(), (at, number) =>
        {
            var header = Encoding.UTF8.GetString(_sound, 8, at - 8) + number + Encoding.UTF8.GetString(_sound, at + 1, _sound.Length - 40 - at - 1);
            Try(RawSafetensors.Bytes(header, _sound[^40..]));
        }).Check(Many);
    }

    [Fact]
    public void Open_PieceCutOutDoubledOrMoved_OpensOrThrowsTheOneException() =>
        Prop.ForAll(Gen.Choose(0, 2).ToArbitrary(), Gen.Choose(0, _sound.Length - 1).Two().ToArbitrary(), (kind, range) =>
        {
            var (from, to) = (Math.Min(range.Item1, range.Item2), Math.Max(range.Item1, range.Item2));
            Try(kind switch
            {
                0 => [.. _sound[..from], .. _sound[to..]],
                1 => [.. _sound[..to], .. _sound[from..]],
                _ => [.. _sound[to..], .. _sound[from..to], .. _sound[..from]],
            });
        }).Check(Many);

    [Fact]
    public void Open_AnyBytes_OpensOrThrowsTheOneException() =>
        Prop.ForAll<byte[]>(bytes => Try(RawSafetensors.Bytes(Encoding.Latin1.GetString(bytes), bytes))).Check(Many);

    private void Try(byte[] bytes)
    {
        var path = _folder.PathOf("x.safetensors");
        File.WriteAllBytes(path, bytes);
        try
        {
            foreach (var weight in SafetensorsFile.Open(path).Weights.Values)
            {
                for (var row = 0; row < Math.Min(weight.RowCount, 1000); row++)
                    weight.CopyRow(row, new float[weight.RowLength]);
            }
        }
        catch (WeightFileException e)
        {
            Assert.Equal(path, e.Path);
        }
    }
}
