using FeatureInterp.Kernel.Jupyter.Zmtp;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>Frames are what was sent, wherever a connection divides them; memory is taken for what has come.</summary>
public sealed class ZmtpFrameReaderTests
{
    private const long Most = 256 << 20;

    [Fact]
    public void AnyFrames_WrittenAndReadInAnyPieces_AreTheSame()
    {
        // Lengths around those at which something else is done: one byte or eight of length, copied or not, the buffer's end.
        var lengths = Gen.OneOf(Gen.Choose(0, 20), Gen.Choose(250, 260), Gen.Choose(8185, 8200), Gen.Choose(16_380, 16_390), Gen.Choose(32_760, 40_970), Gen.Choose(65_530, 131_080));
        var messages = Gen.ArrayOf(Gen.NonEmptyListOf(lengths).Select(l => l.ToArray())).Resize(12);
        var pieces = Gen.ArrayOf(Gen.OneOf(Gen.Choose(1, 12), Gen.Choose(1, 300), Gen.Choose(1, 20_000)));
        Prop.ForAll(messages.ToArbitrary(), pieces.ToArbitrary(), (shape, split) =>
        {
            var random = new Random(shape.Length);
            var sent = shape.Select(m => m.Select(length => Bytes(random, length)).ToArray()).ToArray();
            byte[] own = Written(sent), independent = [.. sent.SelectMany(ZmtpTestClient.Message)];
            Assert.True(independent.AsSpan().SequenceEqual(own));
            TestSockets.AssertSame([.. sent.SelectMany(m => m)], Read(own, split));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithReplay(11, 13));
    }

    [Fact]
    public void OneFrame_InPiecesOfEveryLength_IsTheSame()
    {
        byte[][] frames = [Bytes(new Random(1), 300), [], [1], Bytes(new Random(2), 40)];
        var bytes = ZmtpTestClient.Message(frames);
        for (var piece = 1; piece <= bytes.Length; piece++)
            TestSockets.AssertSame(frames, Read(bytes, piece));
    }

    [Fact]
    public void LongHeader_TakesNoMemoryBeforeBytesCome()
    {
        byte[] header = [2, 0, 0, 0, 0, 0x0F, 0xFF, 0xFF, 0xFF, 1, 2, 3];
        Allocated(header); // compiles what is called
        Assert.InRange(Allocated(header), 0, 200_000);
        header[4] = 0x80; // 2 GiB and more
        Assert.InRange(Allocated(header), 0, 100_000);
    }

    [Fact]
    public void LongFrame_TakesInProportionToWhatHasCome()
    {
        byte[] whole = [2, 0, 0, 0, 0, 0x0F, 0, 0, 0, .. new byte[5 << 20]];
        Allocated(whole[..1000]);
        foreach (var come in new[] { 100_000, 1 << 20, 5 << 20 })
            Assert.InRange(Allocated(whole[..come]), come, 4L * come + 200_000);
    }

    [Fact]
    public void EndWithinAFrame_IsNotAnEnd()
    {
        var bytes = ZmtpTestClient.Message(new byte[300]);
        for (var length = 1; length < bytes.Length; length++)
            Assert.Throws<EndOfStreamException>(() => Read(bytes[..length]));
        Assert.Empty(Read([]));
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Written(byte[][][] messages)
    {
        var queue = new PeerQueue(ZmtpLimits.Default);
        foreach (var message in messages)
            Assert.True(queue.TryAdd(new Outgoing(message, false)));
        queue.Close();
        var stream = new MemoryStream();
        Finished(new PeerWriter(stream).RunAsync(queue, default));
        return stream.ToArray();
    }

    private static List<byte[]> Read(byte[] bytes, params int[] pieces)
    {
        using var reader = new FrameReader(new PieceStream(bytes, pieces), new Quota(int.MaxValue, long.MaxValue));
        var frames = new List<byte[]>();
        while (Finished(reader.ReadAsync(Most, default).AsTask()) is { } frame)
            frames.Add(frame.Body);
        return frames;
    }

    private static long Allocated(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Read(bytes);
        }
        catch (Exception e) when (e is EndOfStreamException or ZmtpProtocolException)
        {
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        throw new InvalidOperationException("The frame was read.");
    }

    // Streams in memory are never waited for.
    private static void Finished(Task task)
    {
        Assert.True(task.IsCompleted);
        task.GetAwaiter().GetResult();
    }

    private static T Finished<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }
}
