using FeatureInterp.Models;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>The same model from a folder and from a GGUF file gives the same numbers.</summary>
public class GgufModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Families => new()
    {
        { "llama", "llama" }, { "llama_tied", "llama" }, { "qwen2", "qwen2" }, { "qwen3", "qwen3" }, { "gemma", "gemma" }, { "gemma2", "gemma2" }, { "gemma3", "gemma3" },
        { "gpt2", "gpt2" }, { "gpt_neox", "gptneox" },
    };

    [Theory, MemberData(nameof(Families))]
    public void Load_GoldenAsGguf_GivesItsNumbers(string family, string key)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "models", family);
        var golden = new Golden(folder);
        var path = Path.Combine(_folder.Path, family + ".gguf");
        GgufConversion.Write(folder, key, path);
        var run = Transformer.Load(path, new LoadOptions { GemmaGelu = GemmaGelu.Exact }).Run(golden.Tokens("tokens/A"), capture: HookSelection.All);
        if (family is "gemma2" or "gemma3")
        {
            // GGUF does not say what scores are divided by: llama.cpp takes √d_head, these goldens have another number.
            Golden.AssertClose("q", golden["A/unprocessed/blocks.0.attn.hook_q"], run.Activations["blocks.0.attn.hook_q"].Padded());
            return;
        }

        Golden.AssertClose("logits", golden["A/unprocessed/logits"], run.Logits.Padded());
        Assert.Equal(golden.Json.GetProperty("hooks").GetArrayLength(), golden.AssertActivations("A/unprocessed/", run));
    }

    [Fact]
    public void Load_TinyGemma2AsGguf_GivesItsNumbers()
    {
        using var tiny = new TinyModel(new TinyShape { QueryScalar = new TinyShape().HeadDim });
        var path = Path.Combine(_folder.Path, "tiny.gguf");
        GgufConversion.Write(tiny.Folder, "gemma2", path);
        var model = Transformer.Load(path);
        Assert.Equal("tiny", model.Name);
        var wanted = tiny.Load().Run(tiny.Prompt(9, 1), capture: HookSelection.All);
        var found = model.Run(tiny.Prompt(9, 1), capture: HookSelection.All);
        foreach (var point in wanted.Activations.Points)
            Golden.AssertClose(point.ToString(), wanted.Activations[point][0], found.Activations[point][0], 1e-5);
        Golden.AssertClose("logits", wanted.Logits[0], found.Logits[0], 1e-5);
    }

    [Fact]
    public void Load_UnknownArchitecture_ListsThoseThereAre()
    {
        var path = Path.Combine(_folder.Path, "x.gguf");
        File.WriteAllBytes(path, new RawGguf().Value("general.architecture", 8, RawGguf.Text("rwkv7")).Bytes());
        var e = Assert.Throws<ModelFileException>(() => Transformer.Load(path));
        Assert.Contains("'rwkv7'; the ones that can be run from GGUF are: llama, qwen2, qwen3, gemma, gemma2, gemma3, gpt2, gptneox", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileWithoutMetadata_SaysWhatIsMissing()
    {
        var path = Path.Combine(_folder.Path, "x.gguf");
        File.WriteAllBytes(path, new RawGguf().Value("general.architecture", 8, RawGguf.Text("llama")).Tensor("token_embd.weight", 0, [4, 4], new byte[64]).Bytes());
        Assert.Contains("is missing", Assert.Throws<ModelFileException>(() => Transformer.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LayerMissing_NamesIt()
    {
        using var tiny = new TinyModel(new TinyShape());
        var path = Path.Combine(_folder.Path, "x.gguf");
        GgufConversion.Write(tiny.Folder, "gemma2", path);
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().IndexOf("gemma2.block_count"u8);
        bytes[at + "gemma2.block_count".Length + 4]++;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("'model.layers.3.input_layernorm.weight' [20] is missing", Assert.Throws<WeightFileException>(() => Transformer.Load(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
