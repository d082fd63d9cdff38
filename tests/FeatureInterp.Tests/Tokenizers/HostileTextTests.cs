using System.Diagnostics;
using FeatureInterp.Models;
using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>Texts that make a careless tokenizer take forever: a megabyte of one thing.</summary>
public class HostileTextTests
{
    private static readonly string[] Units = ["a", " ", "😀", "\n", "7", "ab", "\u0301", "' ", "<", "\u3000", "한", "aA1! "];

    [Fact]
    public void Merge_OneWordOfNLetters_TakesWorkInProportion()
    {
        // Merges that double: a+a, aa+aa, … up to 64.
        List<Merge> merges = [.. Enumerable.Range(0, 6).Select(i => new Merge(i, i, i + 1))];
        long Work(int letters)
        {
            var word = new BpeWord(new MergeTable(merges));
            for (var i = 0; i < letters; i++)
                word.Append(0, 1);
            word.Merge();
            Assert.Equal((letters / 64, 6), (word.Count, word.Symbols[0].Id));
            return word.Work;
        }

        // Each letter is queued once, and each of fewer than n merges queues two pairs at most.
        Assert.InRange(Work(64 * 1000), 64_000, 3 * 64_000);
        Assert.InRange(Work(64 * 16_000), 1_024_000, 3 * 1_024_000);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("tiny-bytes")]
    public void Encode_MegabyteOfOneThing_Tiny(string name) =>
        EncodesInProportion(Tokenizer.Load(Path.Combine(TinyTokenizer.Folder, "..", name)));

    [Theory]
    [InlineData("embedded")]
    [InlineData("gemma2")]
    [InlineData("mistral-7b")]
    [InlineData("gpt2")]
    [InlineData("neox-20b")]
    [InlineData("llama3.1")]
    [InlineData("qwen2.5")]
    [InlineData("smollm2")]
    public void Encode_MegabyteOfOneThing_Golden(string name)
    {
        TokenizerGoldens.SkipUnlessThere();
        EncodesInProportion(TokenizerGoldens.Tokenizer(name));
    }

    /// <summary>
    /// Sixteen times the text may take 64 times the time and a second: a quadratic step, which takes 256 times as long, shows as soon as it
    /// is the work's larger part.
    /// </summary>
    private static void EncodesInProportion(Tokenizer tokenizer)
    {
        foreach (var unit in Units)
        {
            var text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length));
            var part = text[..(text.Length / 16 / unit.Length * unit.Length)];
            tokenizer.Encode(part);
            var small = Seconds(() => tokenizer.Encode(part));
            var large = Seconds(() => tokenizer.Encode(text));
            Assert.True(large < (64 * small) + 1, $"{tokenizer.Source}: '{unit}' takes {small} s for {part.Length} units and {large} s for {text.Length}");
        }
    }

    private static double Seconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
