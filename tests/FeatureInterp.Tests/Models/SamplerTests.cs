using FeatureInterp.Models;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>The filters and the draw of the sampler, against their definitions.</summary>
public class SamplerTests
{
    private static readonly Config Quick = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(123456789, 987654321);

    // Distinct logits, so that "the k largest" is one set.
    private static readonly Arbitrary<float[]> Logits = (
        from size in Gen.Choose(1, 40)
        from order in Gen.Shuffle(Enumerable.Range(0, size).ToArray())
        from step in Gen.Choose(1, 50)
        select Array.ConvertAll(order, i => (i - size / 3) * step * 0.01f)).ToArbitrary();

    [Fact]
    public void Filter_TopK_KeepsExactlyTheKLargest() => Prop.ForAll(Logits, Gen.Choose(1, 45).ToArbitrary(), (logits, k) =>
    {
        var kept = Kept(new Sampling { TopK = k }, logits);
        return kept.SetEquals(Ranked(logits).Take(k));
    }).Check(Quick);

    [Fact]
    public void Filter_TopP_KeepsUpToAndWithTheTokenThatCrosses() => Prop.ForAll(Logits, Gen.Choose(1, 1000).ToArbitrary(), (logits, thousandths) =>
    {
        var p = thousandths / 1000f;
        double total = logits.Sum(l => Math.Exp(l)), above = 0;
        var wanted = new HashSet<int>();
        foreach (var token in Ranked(logits))
        {
            if (Math.Abs(above - p) < 1e-5)
                return true; // too close to call in fp32
            if (above < p)
                wanted.Add(token);
            above += Math.Exp(logits[token]) / total;
        }

        return Kept(new Sampling { TopP = p }, logits).SetEquals(wanted);
    }).Check(Quick);

    [Fact]
    public void Filter_Plain_DividesByTheTemperature() => Prop.ForAll(Logits, Gen.Choose(1, 400).ToArbitrary(), (logits, hundredths) =>
    {
        var filtered = Filtered(new Sampling { Temperature = hundredths / 100f }, logits);
        return Enumerable.Range(0, logits.Length).All(i => Math.Abs(filtered[i] - logits[i] / (hundredths / 100.0)) <= 1e-5 * (1 + Math.Abs(filtered[i])));
    }).Check(Quick);

    [Fact]
    public void Next_SmallTemperature_IsGreedy() => Prop.ForAll(Logits, Gen.Elements(1e-4f, 1e-8f, 1e-30f, 1e-42f, 0f).ToArbitrary(), (logits, temperature) =>
        new Sampler(new Sampling { Temperature = temperature }, 0).Next(logits, []) == Ranked(logits)[0]).Check(Quick);

    [Fact]
    public void Next_AnySeed_NeverDrawsWhatIsRuledOut() => Prop.ForAll(Logits, Gen.Choose(1, 5).ToArbitrary(), (logits, k) =>
    {
        var sampling = new Sampling { TopK = k, Temperature = 3, Seed = logits.Length };
        var sampler = new Sampler(sampling, k);
        var kept = Kept(sampling, logits);
        return Enumerable.Range(0, 20).All(_ => kept.Contains(sampler.Next(logits, [])));
    }).Check(Quick);

    [Fact]
    public void Filter_TieAtTheKth_KeepsAllThatTie() =>
        Assert.Equal([0, 2, 3], Kept(new Sampling { TopK = 2 }, [1, 0, 2, 1]).Order());

    [Fact]
    public void Filter_TopKAndTopP_OnlyTopKCounts() =>
        Assert.Equal([0, 1, 2], Kept(new Sampling { TopK = 3, TopP = 0.01f }, [3, 2, 1, 0]).Order());

    [Fact]
    public void Filter_FrequencyPenalty_CountsEveryOccurrenceAfterTheTemperature() =>
        Assert.Equal([2f - 3 * 0.5f, 4f, 6f - 0.5f], Filtered(new Sampling { Temperature = 0.5f, FrequencyPenalty = 0.5f }, [1, 2, 3], 0, 2, 0, 0));

    [Fact]
    public void Filter_RepetitionPenalty_ActsOnceOnEachSign() =>
        Assert.Equal([1.5f, -4f, 5f], Filtered(new Sampling { RepetitionPenalty = 2 }, [3, -2, 5], 0, 1, 1, 0));

    [Fact]
    public void Next_Greedy_TakesTheSmallerIdOfATieAndIgnoresTheFrequencyPenalty()
    {
        Assert.Equal(1, new Sampler(Sampling.Greedy, 0).Next([0, 7, 7], []));
        Assert.Equal(1, new Sampler(Sampling.Greedy with { FrequencyPenalty = 100 }, 0).Next([0, 7, 6], [1, 1]));
        Assert.Equal(2, new Sampler(Sampling.Greedy with { RepetitionPenalty = 2 }, 0).Next([0, 7, 6], [1, 1]));
    }

    [Fact]
    public void Next_ManyDraws_FollowTheDistribution()
    {
        float[] logits = [0.3f, -1.2f, 1.7f, 0, float.NegativeInfinity, 0.9f, -0.4f, 2.2f];
        var sampler = new Sampler(new Sampling { Temperature = 0.8f, Seed = 42 }, 3);
        const int Draws = 40_000;
        var counts = new int[logits.Length];
        for (var i = 0; i < Draws; i++)
            counts[sampler.Next(logits, [])]++;

        double total = logits.Sum(l => Math.Exp(l / 0.8)), chiSquare = 0;
        for (var t = 0; t < logits.Length; t++)
        {
            var expected = Draws * Math.Exp(logits[t] / 0.8) / total;
            chiSquare += expected == 0 ? 0 : (counts[t] - expected) * (counts[t] - expected) / expected;
        }

        Assert.Equal(0, counts[4]);
        Assert.InRange(chiSquare, 0.5, 24.3); // 6 degrees of freedom: 99.8 % of honest samplers
    }

    [Fact]
    public void Next_StreamsOfTwoPrompts_AreUncorrelated()
    {
        Sampler a = new(new Sampling { Seed = 9 }, 0), b = new(new Sampling { Seed = 9 }, 1);
        var agree = Enumerable.Range(0, 4000).Count(_ => a.Next([0, 0, 0, 0], []) == b.Next([0, 0, 0, 0], []));
        Assert.InRange(agree, 850, 1150); // a quarter, ± 5.5 standard deviations
    }

    [Theory]
    [InlineData(-1f, null, 1f, 0f, 1f, "Temperature")]
    [InlineData(float.NaN, null, 1f, 0f, 1f, "Temperature")]
    [InlineData(float.PositiveInfinity, null, 1f, 0f, 1f, "Temperature")]
    [InlineData(1f, 0, 1f, 0f, 1f, "TopK")]
    [InlineData(1f, -3, 1f, 0f, 1f, "TopK")]
    [InlineData(1f, null, 0f, 0f, 1f, "TopP")]
    [InlineData(1f, null, 1.01f, 0f, 1f, "TopP")]
    [InlineData(1f, null, float.NaN, 0f, 1f, "TopP")]
    [InlineData(1f, null, 1f, float.NaN, 1f, "FrequencyPenalty")]
    [InlineData(1f, null, 1f, 0f, 0f, "RepetitionPenalty")]
    [InlineData(1f, null, 1f, 0f, float.PositiveInfinity, "RepetitionPenalty")]
    public void Validate_ValueThatMakesNoSense_IsNamed(float temperature, int? topK, float topP, float frequency, float repetition, string name)
    {
        var sampling = new Sampling { Temperature = temperature, TopK = topK, TopP = topP, FrequencyPenalty = frequency, RepetitionPenalty = repetition };
        Assert.StartsWith(name, Assert.Throws<SamplingException>(sampling.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_BadSampling_IsRefused()
    {
        using var tiny = new TinyModel();
        Assert.Throws<SamplingException>(() => tiny.Load().Generate(tiny.Prompt(3, 1), 2, new Sampling { TopP = 2 }));
    }

    [Fact]
    public void Filter_GoldenCases_EqualTransformerLens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "goldens", "models", "sampling"));
        var previous = golden.Tokens("previous_tokens");
        foreach (var named in golden.Json.GetProperty("cases").EnumerateObject())
        {
            float Option(string name, float fallback) => named.Value.TryGetProperty(name, out var v) ? v.GetSingle() : fallback;
            var sampling = new Sampling
            {
                Temperature = Option("temperature", 1),
                TopK = named.Value.TryGetProperty("top_k", out var k) ? k.GetInt32() : null,
                TopP = Option("top_p", 1),
                FrequencyPenalty = Option("freq_penalty", 0),
                RepetitionPenalty = Option("repetition_penalty", 1),
            };
            for (var row = 0; row < 2; row++)
            {
                var wanted = golden[named.Name + "/filtered_logits"][row].Memory.ToArray();
                var found = Filtered(sampling, golden["logits"][row].Memory.ToArray(), previous[row]);
                Assert.Equal(wanted.Select(float.IsNegativeInfinity), found.Select(float.IsNegativeInfinity));
                for (var i = 0; i < wanted.Length; i++)
                    Assert.True(wanted[i].Equals(found[i]) || Math.Abs(wanted[i] - found[i]) < 1e-5, $"{named.Name} {row} {i}: {found[i]}, wanted {wanted[i]}");
            }
        }
    }

    [Fact]
    public void Next_GreedyGoldenCases_EqualTransformerLens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "goldens", "models", "sampling"));
        var previous = golden.Tokens("previous_tokens");
        for (var row = 0; row < 2; row++)
        {
            var logits = golden["logits"][row].Span;
            Assert.Equal(golden.Integers("temperature_0/token")[row], new Sampler(Sampling.Greedy with { FrequencyPenalty = 100 }, 0).Next(logits, previous[row]));
            Assert.Equal(
                golden.Integers("temperature_0_repetition_penalty_50/token")[row],
                new Sampler(Sampling.Greedy with { RepetitionPenalty = 50 }, 0).Next(logits, previous[row]));
        }
    }

    private static float[] Filtered(Sampling sampling, float[] logits, params int[] previous)
    {
        var filtered = (float[])logits.Clone();
        new Sampler(sampling, 0).Filter(filtered, previous);
        return filtered;
    }

    private static HashSet<int> Kept(Sampling sampling, float[] logits) =>
        [.. Filtered(sampling, logits).Select((l, i) => (l, i)).Where(t => !float.IsNegativeInfinity(t.l)).Select(t => t.i)];

    private static int[] Ranked(float[] logits) => [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i])];
}
