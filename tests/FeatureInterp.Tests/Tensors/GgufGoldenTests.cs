using System.Globalization;
using System.Text.Json;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Files and blocks that GGUF's own Python package wrote and read.</summary>
public class GgufGoldenTests
{
    private const string Absent = "the shared goldens are not beside the checkout";

    private static string? Folder { get; } = Repository.Shared is null ? null : Path.Combine(Repository.Shared, "goldens", "gguf");

    [Fact]
    public void CopyRow_EveryBlockOfTheGoldens_IsTheSameBitForBit()
    {
        Assert.SkipWhen(Folder is null, Absent);
        var cases = Read("dequant.json").GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(12, cases.Select(c => c.GetProperty("type").GetString()).Distinct().Count());
        foreach (var block in cases)
        {
            var dtype = Enum.Parse<DType>(block.GetProperty("type").GetString()!);
            float[] wanted = [.. block.GetProperty("floats").EnumerateArray().Select(f => (float)f.GetDouble())];
            var weight = Weight.FromBytes("golden", dtype, block.GetProperty("bytes_base64").GetBytesFromBase64(), 1, wanted.Length);
            Assert.Equal(block.GetProperty("block_elements").GetInt32(), dtype.BlockElements());
            Assert.Equal(block.GetProperty("block_bytes").GetInt32(), dtype.BlockBytes());
            var found = new float[wanted.Length];
            weight.CopyRow(0, found);
            for (var i = 0; i < wanted.Length; i++)
                Assert.True(BitConverter.SingleToUInt32Bits(wanted[i]) == BitConverter.SingleToUInt32Bits(found[i]), $"{dtype} {block.GetProperty("name")}[{i}]: {found[i]:R}, wanted {wanted[i]:R}");
        }
    }

    [Fact]
    public void Open_TinyFile_HasEveryTensorOfTheGoldens()
    {
        Assert.SkipWhen(Folder is null, Absent);
        var file = GgufFile.Open(Path.Combine(Folder, "tiny.gguf"));
        var tensors = Read("tiny.json").GetProperty("tensors").EnumerateArray().ToArray();
        Assert.Equal(tensors.Select(t => t.GetProperty("name").GetString()), file.Weights.Keys);
        foreach (var tensor in tensors)
        {
            var weight = file[tensor.GetProperty("name").GetString()!];
            Assert.Equal(tensor.GetProperty("type").GetString(), weight.DType.ToString());
            Assert.Equal(tensor.GetProperty("shape_row_major").EnumerateArray().Select(s => s.GetInt64()), weight.Shape.ToArray());
            var values = tensor.GetProperty("values").EnumerateArray().ToArray();
            if (values[0].ValueKind == JsonValueKind.String)
                Assert.Equal(values.Select(v => long.Parse(v.GetString()!, CultureInfo.InvariantCulture)), weight.ToInt64());
            else
                Assert.Equal(values.Select(v => (float)v.GetDouble()), weight.ToTensor().Memory.ToArray());
        }
    }

    [Fact]
    public void Open_TinyFile_HasAllMetadataOfTheGoldens()
    {
        Assert.SkipWhen(Folder is null, Absent);
        var file = GgufFile.Open(Path.Combine(Folder, "tiny.gguf"));
        var golden = Read("tiny.json");
        Assert.Equal((3, golden.GetProperty("alignment").GetInt64()), (file.Version, file.Alignment));
        Assert.Equal(golden.GetProperty("metadata").EnumerateObject().Select(p => p.Name), file.Metadata.Keys);
        foreach (var property in golden.GetProperty("metadata").EnumerateObject())
        {
            string[] types = [.. property.Value.GetProperty("types").EnumerateArray().Select(t => t.GetString()!)];
            var value = file.Metadata[property.Name];
            Assert.Equal(types[0], value.Type.ToString().ToUpperInvariant());
            Assert.Equal(types.ElementAtOrDefault(1), value.ElementType?.ToString().ToUpperInvariant());
            AssertEqual(property.Value.GetProperty("value"), value);
        }
    }

    [Fact]
    public void Open_RealModel_HasItsTensorsAndTokens()
    {
        var path = Repository.Shared is null ? null : Path.Combine(Repository.Shared, "models", "smollm2-135m-instruct-q4_1.gguf");
        Assert.SkipUnless(File.Exists(path), "the real model is not beside the checkout");
        var file = GgufFile.Open(path!);
        Assert.Equal((3, 32L, 33, 272), (file.Version, file.Alignment, file.Metadata.Count, file.Weights.Count));
        Assert.Equal(210, file.Weights.Values.Count(w => w.DType == DType.Q4_1));
        Assert.Equal([576L, 1536], file["blk.0.ffn_down.weight"].Shape.ToArray());
        Assert.True(file.Metadata.TryGetStrings("tokenizer.ggml.tokens", out var tokens));
        Assert.Equal((49152, "<|im_start|>"), (tokens.Length, tokens[1]));
        Assert.True(file.Metadata.TryGetStrings("tokenizer.ggml.merges", out var merges));
        Assert.Equal(48900, merges.Length);
        Assert.True(file.Metadata.TryGetNumber("llama.rope.freq_base", out var theta));
        Assert.Equal(100_000, theta);
    }

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder!, file))).RootElement;

    private static void AssertEqual(JsonElement wanted, GgufValue found)
    {
        switch (found.Type)
        {
            case GgufType.String: Assert.Equal(wanted.GetString(), found.AsString()); break;
            case GgufType.Bool: Assert.Equal(wanted.GetBoolean(), found.AsBool()); break;
            case GgufType.Float32: Assert.Equal((float)wanted.GetDouble(), found.AsNumber()); break;
            case GgufType.Float64: Assert.Equal(wanted.GetDouble(), found.AsNumber()); break;
            case GgufType.UInt64: Assert.Equal(wanted.GetUInt64(), found.AsUnsigned()); break;
            case GgufType.Array:
                JsonElement[] elements = [.. wanted.EnumerateArray()];
                Assert.Equal(elements.Length, found.Length);
                foreach (var (element, item) in elements.Zip(found.AsItems()))
                    AssertEqual(element, item);
                if (found.ElementType == GgufType.String)
                    Assert.Equal(elements.Select(e => e.GetString()), found.AsStrings());
                else if (found.ElementType is GgufType.Int32 or GgufType.UInt16)
                    Assert.Equal(elements.Select(e => e.GetInt64()), found.AsIntegers());
                else if (found.ElementType == GgufType.Float32)
                    Assert.Equal(elements.Select(e => e.GetDouble()), found.AsNumbers());
                break;
            default: Assert.Equal(wanted.GetInt64(), found.AsInteger()); break;
        }
    }
}
