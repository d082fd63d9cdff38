using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Display;

namespace FeatureInterp.Tests;

public sealed class TopActivationsFileTests : IDisposable
{
    private const string Text = "The wolf said to the little girl: where are you going? The wolf ran on before her.";

    private static readonly Lazy<TopActivationsResult> Made = new(() => TopActivations.Run(
        EmbeddedPair.Model, EmbeddedPair.Sae, Text, new() { Examples = 3, RowLength = 9 }));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("top-activations-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "deep", "er", "top.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Load_WhatWasSaved_IsTheSame()
    {
        var made = Made.Value;
        made.Save(Path);
        var read = TopActivationsResult.Load(Path);
        Assert.Equal((made.Rows, made.Tokens, made.Excluded, made.ExamplesKept, made.Every), (read.Rows, read.Tokens, read.Excluded, read.ExamplesKept, read.Every));
        Assert.Equal(made.Features.Count, read.Features.Count);
        foreach (var (m, r) in made.Features.Zip(read.Features))
        {
            Assert.Equal((m.Feature, m.Fired, m.Tokens, m.Max, m.Histogram.BinWidth), (r.Feature, r.Fired, r.Tokens, r.Max, r.Histogram.BinWidth));
            Assert.Equal(m.Histogram.Counts, r.Histogram.Counts);
            foreach (var (a, b) in m.Examples.Zip(r.Examples))
            {
                Assert.Equal((a.Value, a.Row, a.Position, a.Start), (b.Value, b.Row, b.Position, b.Start));
                Assert.Equal(a.Tokens, b.Tokens);
                Assert.Equal(a.TokenTexts, b.TokenTexts);
                Assert.Equal(a.Values, b.Values);
            }
        }

        Assert.Equal(made.ToText(), read.ToText());
        Assert.Equal(made.Provenance.ModelFlags, read.Provenance.ModelFlags);
    }

    [Fact]
    public void Save_OverAnOlderFile_ReplacesItAndLeavesNothingElse()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, "older");
        Made.Value.Save(Path);
        Made.Value.Save(Path);
        Assert.Equal([Path], Directory.GetFiles(_folder.FullName, "*", SearchOption.AllDirectories));
        Assert.Equal(Made.Value.Rows, TopActivationsResult.Load(Path).Rows);
    }

    [Fact]
    public void Save_WhereThereIsAFolder_SaysSoAndLeavesNothing()
    {
        Directory.CreateDirectory(Path);
        Assert.Contains("cannot be written", Assert.Throws<AnalysisException>(() => Made.Value.Save(Path)).Message);
        Assert.Empty(Directory.GetFiles(_folder.FullName, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Load_Missing_SaysSo() =>
        Assert.Contains("cannot be read", Assert.Throws<AnalysisException>(() => TopActivationsResult.Load(Path)).Message);

    public static TheoryData<string, string> Spoilt() => new()
    {
        { "null", "" },
        { "[]", "" },
        { "{", "" },
        { "{}", "" },
        { "format", "\"other\"" },
        { "version", "2" },
        { "rows", "-1" },
        { "examplesKept", "0" },
        { "provenance", "null" },
        { "features", "[null]" },
        { "features.0.examples", "[null]" },
        { "features.0.examples.0.tokens", "null" },
        { "features.0.fired", "-3" },
        { "features.0.fired", "1000000" },
        { "features.0.feature", "1" },
        { "features.0.feature", "-1" },
        { "features.0.binWidth", "-1" },
        { "features.0.binWidth", "0" },
        { "features.0.histogram", "[-1]" },
        { "features.0.histogram", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]" },
        { "features.0.examples.0.value", "0" },
        { "features.0.examples.0.value", "\"NaN\"" },
        { "features.0.examples.1.value", "1e9" },
        { "features.0.examples.0.row", "1000" },
        { "features.0.examples.0.position", "-1" },
        { "features.0.examples.0.position", "100" },
        { "features.0.examples.0.start", "-1" },
        { "features.0.examples.0.tokens", "[]" },
        { "features.0.examples.0.values", "[1]" },
        { "tokenTexts", "{}" },
    };

    [Theory, MemberData(nameof(Spoilt))]
    public void Load_Damaged_IsOneTypedError(string where, string value)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        if (value.Length == 0)
        {
            File.WriteAllText(Path, where);
        }
        else
        {
            // The feature with the most examples stands first, so that there are some to spoil.
            (Made.Value with { Features = [.. Made.Value.Features.OrderByDescending(f => f.Fired)] }).Save(Path);
            var json = JsonNode.Parse(File.ReadAllText(Path))!;
            var steps = where.Split('.');
            var at = steps[..^1].Aggregate(json, (node, step) => int.TryParse(step, out var i) ? node[i]! : node[step]!);
            Assert.NotNull(at[steps[^1]]);
            at[steps[^1]] = where is "features.0.feature" && value is "1" ? json["features"]![1]!["feature"]!.DeepClone() : JsonNode.Parse(value);
            File.WriteAllText(Path, json.ToJsonString());
        }

        var fault = Assert.Throws<AnalysisException>(() => TopActivationsResult.Load(Path)).Message;
        Assert.Contains("does not hold largest activations", fault);
        Assert.Contains(Path, fault);
    }

    [Fact]
    public void Load_AnyByteChanged_IsReadOrRefused()
    {
        (Made.Value with { Features = [.. Made.Value.Features.OrderByDescending(f => f.Fired).Take(2)] }).Save(Path);
        var bytes = File.ReadAllBytes(Path);
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var spoilt = (byte[])bytes.Clone();
            spoilt[random.Next(spoilt.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(Path, spoilt);
            try
            {
                _ = TopActivationsResult.Load(Path).ToText();
            }
            catch (AnalysisException e)
            {
                Assert.Contains(Path, e.Message);
            }
        }
    }
}
