using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureInterp.Analysis;

/// <summary>One feature as it is written down.</summary>
internal sealed record FeatureJson(int Feature, int Fired, double BinWidth, long[] Histogram, ExampleJson[] Examples);

/// <summary>One example as it is written down: the texts of its tokens are in the file's table.</summary>
internal sealed record ExampleJson(float Value, int Row, int Position, int Start, int[] Tokens, float[] Values);

/// <summary>The file: <paramref name="TokenTexts"/> has the text of every token that occurs.</summary>
internal sealed record TopActivationsJson(
    string Format, int Version, int Rows, int Tokens, int Excluded, int ExamplesKept, bool Every, Provenance Provenance, Dictionary<int, string> TokenTexts, FeatureJson[] Features,
    bool IsComplete = true);

/// <summary>A file that has the above in it, among other things: a result of the command line, or where a stopped pass stands.</summary>
internal sealed record TopActivationsInside(TopActivationsJson Result, string? Subject = null, string? RowsHash = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TopActivationsJson))]
[JsonSerializable(typeof(TopActivationsInside))]
internal sealed partial class TopActivationsJsonContext : JsonSerializerContext;

/// <summary>Largest activations on disk.</summary>
internal static class TopActivationsFile
{
    private const string Format = "featureinterp.top-activations";
    private const int Version = 1;
    private const long LargestFile = 2L << 30;

    public static void Save(TopActivationsResult result, string path) => Save(path, stream => JsonSerializer.Serialize(stream, Written(result), TopActivationsJsonContext.Default.TopActivationsJson));

    /// <summary>Writes where a pass stands: its result so far, what it is a pass of, and a hash over its rows.</summary>
    public static void SaveState(TopActivationsResult result, string subject, string rowsHash, string path) => Save(
        path, stream => JsonSerializer.Serialize(stream, new TopActivationsInside(Written(result), subject, rowsHash), TopActivationsJsonContext.Default.TopActivationsInside));

    /// <summary>Writes the result as one JSON value.</summary>
    public static void Write(TopActivationsResult result, Utf8JsonWriter json) => JsonSerializer.Serialize(json, Written(result), TopActivationsJsonContext.Default.TopActivationsJson);

    /// <summary>Reads where a pass stands.</summary>
    /// <exception cref="AnalysisException">The file is no such state, or of another pass.</exception>
    public static (TopActivationsResult Result, string RowsHash) LoadState(string path, string subject)
    {
        var state = Open(path, stream => JsonSerializer.Deserialize(stream, TopActivationsJsonContext.Default.TopActivationsInside)) ?? throw Bad(path, "it holds null");
        if (state.Subject != subject)
            throw new AnalysisException($"{path}: this is the state of another pass ({state.Subject}), not of this one ({subject}); delete it or give another place.") { OtherState = true };
        return (Read(state.Result, path), state.RowsHash ?? "");
    }

    public static TopActivationsResult Load(string path) => Open(path, stream =>
    {
        var json = IsBare(stream)
            ? JsonSerializer.Deserialize(stream, TopActivationsJsonContext.Default.TopActivationsJson)
            : JsonSerializer.Deserialize(stream, TopActivationsJsonContext.Default.TopActivationsInside)?.Result;
        return Read(json ?? throw Bad(path, "it holds null"), path);
    });

    private static void Save(string path, Action<Stream> write)
    {
        var temporary = path + ".partial";
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
                write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"{path} cannot be written ({e.Message}); choose another place.", e);
        }
        finally
        {
            // Gone already when all went well.
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    private static T Open<T>(string path, Func<FileStream, T> read)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            if (stream.Length > LargestFile)
                throw new AnalysisException($"{path} has {stream.Length} bytes, more than the {LargestFile} such a file may have; it is something else.");
            return read(stream);
        }
        catch (JsonException e)
        {
            throw new AnalysisException($"{path} does not hold largest activations ({e.Message}); make it again with Save.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"{path} cannot be read ({e.Message}); check the path.", e);
        }
    }

    // Whether a file is what Save wrote, by its first property; else it may have that in it.
    private static bool IsBare(FileStream stream)
    {
        Span<byte> beginning = stackalloc byte[256];
        var reader = new Utf8JsonReader(beginning[..stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)], isFinalBlock: false, default);
        stream.Position = 0;
        return !(reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName
            && (reader.ValueTextEquals("analysis") || reader.ValueTextEquals("result")));
    }

    private static TopActivationsJson Written(TopActivationsResult result)
    {
        var texts = new Dictionary<int, string>();
        foreach (var example in result.Features.SelectMany(f => f.Examples))
        {
            foreach (var (token, text) in example.Tokens.Zip(example.TokenTexts))
                texts[token] = text;
        }

        return new TopActivationsJson(
            Format, Version, result.Rows, result.Tokens, result.Excluded, result.ExamplesKept, result.Every, result.Provenance, texts,
            [.. result.Features.Select(f => new FeatureJson(f.Feature, f.Fired, f.Histogram.BinWidth, [.. f.Histogram.Counts], [.. f.Examples.Select(e =>
                new ExampleJson(e.Value, e.Row, e.Position, e.Start, [.. e.Tokens], [.. e.Values]))]))],
            result.IsComplete);
    }

    private static TopActivationsResult Read(TopActivationsJson json, string path)
    {
        if (json.Format != Format || json.Version != Version)
            throw Bad(path, $"it is '{json.Format}' version {json.Version}, not '{Format}' version {Version}");
        // What JSON leaves null inside lists is not looked at by the reader.
        if (json.Features.Any(f => f is null || f.Examples.Any(e => e is null)))
            throw Bad(path, "an entry is null");
        if (json.Rows < 0 || json.Tokens < 0 || json.Excluded < 0 || json.ExamplesKept < 1)
            throw Bad(path, "a count is negative");
        if (json.Features.Select(f => f.Feature).Distinct().Count() != json.Features.Length)
            throw Bad(path, "a feature stands in it twice");
        return new TopActivationsResult
        {
            Rows = json.Rows,
            Tokens = json.Tokens,
            Excluded = json.Excluded,
            ExamplesKept = json.ExamplesKept,
            Every = json.Every,
            IsComplete = json.IsComplete,
            Features = [.. json.Features.Select(f => Read(f, json, path))],
            Provenance = json.Provenance,
        };
    }

    private static FeatureActivations Read(FeatureJson f, TopActivationsJson json, string path)
    {
        if (f.Feature < 0 || f.Fired < 0 || f.Fired > json.Tokens)
            throw Bad(path, $"feature {f.Feature} fired on {f.Fired} of {json.Tokens} tokens");
        if (f.Histogram.Length > ActivationHistogram.Bins || f.Histogram.Any(c => c < 0 || c > f.Fired) || !double.IsFinite(f.BinWidth) || f.BinWidth < 0 || (f.BinWidth == 0 && f.Histogram.Length > 0))
            throw Bad(path, $"the histogram of feature {f.Feature} is none");
        if (f.Examples.Length > Math.Min(json.ExamplesKept, f.Fired))
            throw Bad(path, $"feature {f.Feature} has {f.Examples.Length} examples");
        return new FeatureActivations
        {
            Feature = f.Feature,
            Fired = f.Fired,
            Tokens = json.Tokens,
            Histogram = new ActivationHistogram(f.BinWidth, f.Histogram),
            Examples = [.. f.Examples.Select((e, i) => Read(e, i > 0 ? f.Examples[i - 1].Value : float.MaxValue, f.Feature, json, path))],
        };
    }

    private static ActivationExample Read(ExampleJson e, float before, int feature, TopActivationsJson json, string path)
    {
        if (!(e.Value > 0) || e.Value > before)
            throw Bad(path, $"the examples of feature {feature} do not fall from {before} to {e.Value}");
        if (e.Tokens.Length != e.Values.Length || e.Start < 0 || e.Position < e.Start || e.Position - e.Start >= e.Tokens.Length || (uint)e.Row >= (uint)json.Rows)
            throw Bad(path, $"an example of feature {feature} is at position {e.Position} of row {e.Row}, outside the {e.Tokens.Length} tokens kept from {e.Start}");
        return new ActivationExample
        {
            Value = e.Value,
            Row = e.Row,
            Position = e.Position,
            Start = e.Start,
            Tokens = e.Tokens,
            TokenTexts = Array.ConvertAll(e.Tokens, t => json.TokenTexts.GetValueOrDefault(t) ?? throw Bad(path, $"the text of token {t} is missing")),
            Values = e.Values,
        };
    }

    private static AnalysisException Bad(string path, string what) => new($"{path} does not hold largest activations: {what}; make it again with Save.");
}
