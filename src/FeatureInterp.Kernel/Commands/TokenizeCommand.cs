using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp tokenize</c>: what a tokenizer makes of texts, as JSON.</summary>
internal static class TokenizeCommand
{
    private const long MaxInputFile = 1L << 28;

    public static Command Create()
    {
        var tokenizer = new Option<string>("--tokenizer") { Description = "A folder that holds a tokenizer.json, or the path of one.", HelpName = "DIR", Required = true };
        var input = new Option<string>("--input") { Description = "A JSON file with a list of texts: [\"Once upon\",\"a time\"].", HelpName = "FILE.json", Required = true };
        var output = new Option<string>("--out")
        {
            Description = "The file to write: for each text {ids, ids_special, tokens, offsets, decoded, decoded_each}; offsets are [first, one past the last] in code points.",
            HelpName = "FILE.json",
            Required = true,
        };
        var command = new Command("tokenize", "Write the tokens of texts: their ids, without and with special tokens, their spelling, where they come from, and what they decode to.");
        foreach (var option in (Option[])[tokenizer, input, output])
            command.Options.Add(option);
        command.SetAction((parsed, _) =>
        {
            using var interrupts = new Interrupts();
            var loaded = Tokenizer.Load(parsed.GetRequiredValue(tokenizer));
            var texts = ReadTexts(parsed.GetRequiredValue(input));
            var (json, count) = Tokenize(loaded, texts, interrupts.Token);
            AtomicFile.Write(parsed.GetRequiredValue(output), json);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(output)}: {texts.Length} texts, {count} tokens"));
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static string[] ReadTexts(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxInputFile)
                throw new PromptException($"{path}: the file is larger than {MaxInputFile >> 20} MiB; split it.");
            var texts = JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(path));
            if (texts is null || Array.IndexOf(texts, null) is var missing and >= 0)
                throw new PromptException($"{path}: there is a null where a list of texts was expected, as in [\"Once upon\",\"a time\"].");
            return texts;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, which no text has.
            throw new PromptException($"{path}: this is not a list of texts, as in [\"Once upon\",\"a time\"] ({e.Message.TrimEnd('.')}).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PromptException($"{path}: the file of texts is not there or cannot be read; check the path.");
        }
    }

    private static (string Json, long Tokens) Tokenize(Tokenizer tokenizer, string[] texts, CancellationToken cancellation)
    {
        using var written = new MemoryStream();
        using var writer = new Utf8JsonWriter(written, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        long count = 0;
        writer.WriteStartArray();
        foreach (var text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            var encoded = tokenizer.EncodeWithOffsets(text);
            count += encoded.Ids.Count;
            writer.WriteStartObject();
            Numbers(writer, "ids", encoded.Ids);
            Numbers(writer, "ids_special", tokenizer.Encode(text));
            Strings(writer, "tokens", encoded.Tokens);
            writer.WriteStartArray("offsets");
            foreach (var (start, end) in encoded.Offsets)
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(start);
                writer.WriteNumberValue(end);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteString("decoded", tokenizer.Decode([.. encoded.Ids]));
            Strings(writer, "decoded_each", encoded.Ids.Select(tokenizer.DecodeToken));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return (Encoding.UTF8.GetString(written.ToArray()), count);
    }

    private static void Numbers(Utf8JsonWriter writer, string name, IEnumerable<int> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private static void Strings(Utf8JsonWriter writer, string name, IEnumerable<string> strings)
    {
        writer.WriteStartArray(name);
        foreach (var text in strings)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
