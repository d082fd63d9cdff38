using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

[Collection("workers")]
public class WorkersTests
{
    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(7), InlineData(1000)]
    public void Run_AnyNumberOfChunks_VisitsEachOnce(int chunks)
    {
        using var _ = new WorkerCount(4);
        for (var round = 0; round < 200; round++)
        {
            var visits = new int[chunks];
            Workers.Run(chunks, chunk => Interlocked.Increment(ref visits[chunk]));
            Assert.All(visits, v => Assert.Equal(1, v));
        }
    }

    [Fact]
    public void Run_WithWorkers_UsesSeveralThreads()
    {
        using var _ = new WorkerCount(2);
        var threads = new HashSet<int>();

        // Another test may have the workers at the moment; then this thread works alone.
        for (var attempt = 0; attempt < 1000 && threads.Count < 2; attempt++)
        {
            Workers.Run(8, _ =>
            {
                lock (threads)
                    threads.Add(Environment.CurrentManagedThreadId);
                Thread.Sleep(1);
            });
        }

        Assert.Equal(2, threads.Count);
    }

    [Fact]
    public void Run_AfterWorkersWentToSleep_WakesThem()
    {
        using var _ = new WorkerCount(3);
        for (var round = 0; round < 20; round++)
        {
            Thread.Sleep(round % 4);
            var sum = 0;
            Workers.Run(50, chunk => Interlocked.Add(ref sum, chunk));
            Assert.Equal(1225, sum);
        }
    }

    [Fact]
    public void Run_InsideAChunk_RunsOnTheSpot()
    {
        using var _ = new WorkerCount(3);
        var total = 0;
        Workers.Run(8, outer =>
        {
            var thread = Environment.CurrentManagedThreadId;
            Workers.Run(8, inner =>
            {
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
                Interlocked.Increment(ref total);
            });
        });
        Assert.Equal(64, total);
    }

    [Theory, InlineData(1), InlineData(3)]
    public void Run_ChunkThrows_PropagatesAndStaysUsable(int threads)
    {
        using var _ = new WorkerCount(threads);
        for (var round = 0; round < 50; round++)
        {
            var found = Assert.Throws<InvalidDataException>(() => Workers.Run(20, chunk =>
            {
                if (chunk == 7)
                    throw new InvalidDataException("chunk seven");
            }));
            Assert.Equal("chunk seven", found.Message);
            var count = 0;
            Workers.Run(20, chunk => Interlocked.Increment(ref count));
            Assert.Equal(20, count);
        }
    }

    [Fact]
    public void Run_ManyCallersAtOnce_EachGetsItsOwnChunksDone()
    {
        using var _ = new WorkerCount(3);
        var failures = 0;
        var callers = Enumerable.Range(0, 6).Select(caller => new Thread(() =>
        {
            for (var round = 0; round < 300; round++)
            {
                var sum = 0L;
                Workers.Run(17, chunk => Interlocked.Add(ref sum, chunk + caller));
                if (sum != 136 + 17 * caller)
                    Interlocked.Increment(ref failures);
            }
        })).ToArray();
        Array.ForEach(callers, c => c.Start());
        Array.ForEach(callers, c => c.Join());
        Assert.Equal(0, failures);
    }

    [Fact]
    public void Parse_Unset_IsTheNumberOfProcessors() => Assert.Equal(Environment.ProcessorCount, Workers.Parse(null));

    [Fact]
    public void Parse_Number_IsThatNumber() => Assert.Equal(12, Workers.Parse("12"));

    [Theory, InlineData("0"), InlineData("-1"), InlineData("two"), InlineData("1025"), InlineData("1.5")]
    public void Parse_NotAThreadCount_SaysWhatIsWanted(string text)
    {
        var found = Assert.Throws<ArgumentException>(() => Workers.Parse(text));
        Assert.Contains($"'{text}'", found.Message, StringComparison.Ordinal);
        Assert.Contains("from 1 to 1024", found.Message, StringComparison.Ordinal);
    }
}
