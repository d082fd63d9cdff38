using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using FeatureInterp.Models;

namespace FeatureInterp.Benchmarks;

/// <summary>Text to ids beside Hugging Face's Rust library, one thread each, in turn, on text that neither has seen.</summary>
internal static class TokenizerQuestion
{
    private const int Repetitions = 9;
    private const int Slice = 1 << 20;
    private const int Document = 8 << 10;
    private static readonly string[] Names = ["embedded", "gemma2", "mistral-7b", "gpt2", "neox-20b", "llama3.1", "qwen2.5", "smollm2"];

    public static Report Answer()
    {
        var report = new Report("tokenizer", "ours", "ours, with offsets", "Rust", "ours / Rust");
        var root = Checkout.Root;
        var shared = Environment.GetEnvironmentVariable("FEATUREINTERP_SHARED") ?? Path.Combine(root, "..", "shared");
        var corpus = Path.Combine(shared, "data", "corpora", "childrens-books.txt");
        if (!File.Exists(corpus))
        {
            report.Note("Not measured: the shared folder with tokenizers and corpora is not here.");
            return report;
        }

        using var rust = RustTokenizers.Start(Path.Combine(root, "tests", "FeatureInterp.Benchmarks", "TokenizerRace.mjs"), out var missing);
        if (rust is null)
            report.Note($"No race: {missing}.");
        var temporary = Directory.CreateTempSubdirectory("tokenizer-race-");
        try
        {
            foreach (var name in Names)
                Race(name, Unpack(Path.Combine(shared, "goldens", "tokenizers", name, "tokenizer.json"), temporary), corpus, rust, report);
        }
        finally
        {
            temporary.Delete(recursive: true);
        }

        report.Note($"English prose in documents of {Document} bytes, one thread, ids without special tokens. Medians of {Repetitions} repetitions, each on {Slice >> 20} MB that neither side had seen, ours and theirs in turn; the last column is the median of the ratios within a repetition.");
        report.Note("The Rust library (tokenizers 0.22.2 in npm's @anush008/tokenizers 0.6.0) always gives offsets and spellings with the ids; ours with offsets is the same work.");
        return report;
    }

    private static void Race(string name, string file, string corpus, RustTokenizers? rust, Report report)
    {
        var tokenizer = Tokenizer.Load(file);
        rust?.Load(file);
        for (var warmUp = 0; warmUp < 3; warmUp++)
        {
            var documents = Documents(corpus, Repetitions + warmUp);
            Ours(documents, tokenizer.Encode);
            Ours(documents[..16], WithOffsets);
            rust?.Encode(documents[..16]);
            Thread.Sleep(200);
        }

        double[] ours = new double[Repetitions], offsets = new double[Repetitions], theirs = new double[Repetitions];
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            var documents = Documents(corpus, repetition);
            (ours[repetition], var tokens) = Ours(documents, tokenizer.Encode);
            if (rust?.Encode(documents) is var (seconds, count))
            {
                theirs[repetition] = seconds;
                if (count != tokens)
                    throw new InvalidOperationException($"{name}: {tokens} tokens here and {count} there");
            }

            (offsets[repetition], _) = Ours(documents, WithOffsets);
        }

        report.Row(
            name,
            Rate(ours),
            Rate(offsets),
            rust is null ? "" : Rate(theirs),
            rust is null ? "" : Report.Number(Median([.. theirs.Zip(ours, (t, o) => t / o)])) + "×");

        IReadOnlyList<int> WithOffsets(string text, bool addSpecialTokens) => tokenizer.EncodeWithOffsets(text, addSpecialTokens).Ids;
    }

    private static (double Seconds, long Tokens) Ours(string[] documents, Func<string, bool, IReadOnlyList<int>> encode)
    {
        long tokens = 0;
        var start = Stopwatch.GetTimestamp();
        foreach (var document in documents)
            tokens += encode(document, false).Count;
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, tokens);
    }

    /// <summary>One slice of the corpus in documents; a character that a cut would halve belongs to the one before.</summary>
    private static string[] Documents(string corpus, int slice)
    {
        using var stream = File.OpenRead(corpus);
        stream.Position = (long)slice * Slice;
        var bytes = new byte[Slice + 3];
        stream.ReadExactly(bytes);
        List<string> documents = [];
        var start = Whole(bytes, 0);
        for (var end = Document; end <= Slice; end += Document)
        {
            var stop = Whole(bytes, end);
            documents.Add(Encoding.UTF8.GetString(bytes.AsSpan(start, stop - start)));
            start = stop;
        }

        return [.. documents];
    }

    private static int Whole(byte[] bytes, int at)
    {
        while ((bytes[at] & 0xC0) == 0x80)
            at++;
        return at;
    }

    private static string Unpack(string file, DirectoryInfo temporary)
    {
        if (File.Exists(file))
            return file;
        var unpacked = Path.Combine(temporary.CreateSubdirectory(Path.GetFileName(Path.GetDirectoryName(file)!)).FullName, "tokenizer.json");
        using var packed = new GZipStream(File.OpenRead(file + ".gz"), CompressionMode.Decompress);
        using var plain = File.Create(unpacked);
        packed.CopyTo(plain);
        return unpacked;
    }

    private static string Rate(double[] seconds) => $"{Report.Number(Slice / 1e6 / Median(seconds))} MB/s";

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
