using FeatureInterp.Analysis;

namespace FeatureInterp.Tests;

public class CorpusProgressTests
{
    [Fact]
    public void Progress_ByTheClock_TellsRateAndTimeLeft()
    {
        var clock = new ManualClock();
        var told = new List<CorpusProgress>();
        var meter = new CorpusMeter(new TopActivationsTwinTests.Told(told.Add), clock) { RowsTotal = 40 };
        clock.Pass(TimeSpan.FromSeconds(2));
        meter.Add(10, 1000);
        clock.Pass(TimeSpan.FromMilliseconds(50));
        meter.Add(10, 1000);
        clock.Pass(TimeSpan.FromSeconds(1.95));
        meter.Add(10, 2000);
        meter.Finish();

        Assert.Equal([10, 30, 30], told.Select(t => t.Rows));
        Assert.Equal(new CorpusProgress(10, 40, 1000, 500, TimeSpan.FromSeconds(6)), told[0]);
        Assert.Equal(1000, told[1].TokensPerSecond!.Value, 9);
        Assert.Equal(4.0 / 3, told[1].TimeLeft!.Value.TotalSeconds, 5);
        Assert.Equal("10 of 40 rows, 500 tokens/s, 6 s left", told[0].ToString());
        Assert.Equal("10 rows", new CorpusProgress(10, null, 1000, null, null).ToString());
        Assert.Equal("1,000 of 2,000 rows, 3 min left", new CorpusProgress(1000, 2000, 1, null, TimeSpan.FromMinutes(3)).ToString());
    }

    [Fact]
    public void Progress_OfATextBeingRead_EstimatesTheTotal()
    {
        var clock = new ManualClock();
        var told = new List<CorpusProgress>();
        var meter = new CorpusMeter(new TopActivationsTwinTests.Told(told.Add), clock) { Read = 0.25 };
        clock.Pass(TimeSpan.FromSeconds(1));
        meter.Add(10, 1000);
        Assert.Equal(new CorpusProgress(10, 40, 1000, 1000, TimeSpan.FromSeconds(3)), told[0]);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Pass(TimeSpan time) => _now += time.Ticks;
    }
}
