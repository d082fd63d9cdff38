using System.Text.Json;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Files that PyTorch itself has written, when the goldens are there.</summary>
public class TorchGoldenTests
{
    private static string Folder(string layout)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        return Path.Combine(Repository.Shared!, "goldens", "saes", "layouts", layout);
    }

    [Theory, InlineData("dict.pt", 4), InlineData("ordered_dict.pt", 4), InlineData("parameters.pt", 2), InlineData("transposed_view.pt", 3), InlineData("shared_storage.pt", 3), InlineData("half_types.pt", 7), InlineData("nested.pt", 2), InlineData("scalar_and_empty.pt", 2)]
    public void Open_FileWrittenByPyTorch_HoldsItsTensorsAndValues(string name, int tensors)
    {
        var folder = Folder("pt_reader");
        var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")));
        var file = TorchFile.Open(Path.Combine(folder, "files", name));
        file.Verify();
        Assert.Equal(tensors, file.Weights.Count);
        Check(file, golden, "", json.RootElement.GetProperty("files").GetProperty(name).GetProperty("contents"));
    }

    [Theory, InlineData("legacy_not_zip.pt", "before 1.6"), InlineData("unsafe.pt", "wants to run code: posix.getcwd;")]
    public void Open_WhatMustBeRefused_IsRefused(string name, string named)
    {
        var path = Path.Combine(Folder("pt_reader"), "files", name);
        Assert.Contains(named, Assert.Throws<WeightFileException>(() => TorchFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwen_scope")]
    [InlineData("connor_rob_hook_z")]
    [InlineData("goodfire_pt")]
    [InlineData("goodfire_pth")]
    [InlineData("deepseek_r1")]
    [InlineData("dictionary_learning_1_standard")]
    [InlineData("dictionary_learning_1_gated")]
    [InlineData("dictionary_learning_1_topk")]
    [InlineData("dictionary_learning_1_batchtopk")]
    [InlineData("dictionary_learning_1_jumprelu")]
    [InlineData("dictionary_learning_1_matryoshka")]
    public void Open_SaeFile_HoldsBothMatrices(string layout)
    {
        var folder = Folder(layout);
        var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        var path = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Single(f => Path.GetExtension(f) is ".pt" or ".pth");
        var file = TorchFile.Open(path);
        file.Verify();

        // The loaders rename and transpose: whatever a matrix is called and however it lies, its numbers are the same.
        foreach (var name in (string[])["state.W_enc", "state.W_dec"])
        {
            var wanted = golden[name].ToTensor().Span.ToArray().Order();
            Assert.Contains(file.Weights.Values, w => w.ToTensor().Span.ToArray().Order().SequenceEqual(wanted));
        }
    }

    private static void Check(TorchFile file, SafetensorsFile golden, string name, JsonElement wanted)
    {
        switch (wanted.ValueKind)
        {
            case JsonValueKind.Object when wanted.TryGetProperty("tensor", out var key):
                var (found, tensor) = (file[name], golden[key.GetString()!]);
                Assert.Equal(wanted.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()), found.Shape.ToArray());
                Assert.Equal(tensor.ToTensor().Span.ToArray(), found.ToTensor().Span.ToArray());
                Assert.Equal(wanted.GetProperty("dtype").GetString(), NameOf(found.DType));
                break;
            case JsonValueKind.Object:
                foreach (var entry in wanted.EnumerateObject())
                    Check(file, golden, Join(name, entry.Name), entry.Value);
                break;
            case JsonValueKind.Array:
                foreach (var (i, item) in wanted.EnumerateArray().Index())
                    Check(file, golden, Join(name, $"{i}"), item);
                break;
            default:
                object? value = wanted.ValueKind switch
                {
                    JsonValueKind.Null => null,
                    JsonValueKind.String => wanted.GetString(),
                    JsonValueKind.Number => wanted.TryGetInt64(out var number) ? (object)number : wanted.GetDouble(),
                    _ => wanted.GetBoolean(),
                };
                Assert.Equal(value, file.Values[name]);
                break;
        }
    }

    private static string Join(string name, string key) => name.Length == 0 ? key : name + "." + key;

    private static string NameOf(DType dtype) => dtype switch
    {
        DType.F32 => "float32",
        DType.F16 => "float16",
        DType.BF16 => "bfloat16",
        DType.F64 => "float64",
        DType.I64 => "int64",
        DType.I32 => "int32",
        DType.I16 => "int16",
        DType.I8 => "int8",
        DType.U8 => "uint8",
        _ => "bool",
    };
}
