using System.Diagnostics;
using System.Text;
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
    /// A byte is queued once and each merge queues two pairs at most, so three times the bytes bound the merges' work; besides, a quadratic
    /// step anywhere else would take a million million steps here, and quarters of an hour, however fast and idle the machine.
    /// </summary>
    private static void EncodesInProportion(Tokenizer tokenizer)
    {
        foreach (var unit in Units)
        {
            var text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length));
            var tokens = new TokenBuffer(withOffsets: false);
            var seconds = Seconds(() => tokenizer.Parts.Run(AlignedText.Untracked(text.AsMemory()), tokens, addSpecialTokens: false));
            Assert.InRange(tokens.Ids.Count, 1, Encoding.UTF8.GetByteCount(text) + 1);
            Assert.InRange(tokens.MergeWork, 0, (3L * Encoding.UTF8.GetByteCount(text)) + 10);
            Assert.InRange(seconds, 0, 120);
        }
    }

    private static double Seconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
