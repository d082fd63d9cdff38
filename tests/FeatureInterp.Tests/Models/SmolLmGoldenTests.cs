using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A real model in a real GGUF file against Hugging Face and TransformerLens with the same dequantised weights, when both are here.</summary>
public class SmolLmGoldenTests
{
    private static readonly Lazy<Transformer> Model = new(() => Transformer.Load(Path.Combine(Repository.Shared!, "models", "smollm2-135m-instruct-q4_1.gguf")));

    public static TheoryData<string> Prompts => ["chat", "code", "prose"];

    [Theory, MemberData(nameof(Prompts))]
    public void Run_LastLogits_EqualHuggingFace(string name)
    {
        var (ids, _, tensors) = Read(name);
        Golden.AssertClose(name, tensors[name + ".logits_last"].ToTensor(), Model.Value.Run(ids, logits: LogitsAt.Last).LastLogits());
    }

    // The first position's residual stream holds values up to 25,000, so each row is compared on its own scale.
    [Fact]
    public void Run_Hooks_EqualTransformerLens()
    {
        var (ids, _, tensors) = Read("chat");
        var hooks = tensors.Weights.Keys.Where(n => n.StartsWith("chat.", StringComparison.Ordinal) && HookPoint.TryParse(n[5..], out _)).ToArray();
        Assert.Equal(8, hooks.Length);
        var run = Model.Value.Run(ids, capture: Array.ConvertAll(hooks, n => n[5..]));
        foreach (var name in hooks)
        {
            var wanted = tensors[name].ToTensor();
            var found = run.Activations[name[5..]][0];
            for (var row = 0; row < wanted.Shape[0]; row++)
                Golden.AssertClose($"{name} row {row}", wanted[row], found[row], 2e-4);
        }
    }

    [Fact]
    public void Run_Loss_EqualsHuggingFace()
    {
        var (ids, prompt, _) = Read("prose");
        var run = Model.Value.Run(ids);
        var wanted = prompt.GetProperty("loss_per_token").EnumerateArray().Select(v => v.GetSingle()).ToArray();
        Golden.AssertClose("loss", new Tensor(wanted, wanted.Length), run.LossPerToken());
        Assert.Equal(prompt.GetProperty("mean_loss").GetDouble(), run.Loss(), 5e-5);
    }

    // Two correct fp32 implementations may part ways where the two best tokens are less than 0.001 apart.
    [Theory, MemberData(nameof(Prompts))]
    public void Generate_Greedy_EqualsHuggingFaceWhileTheChoiceIsClear(string name)
    {
        var (ids, prompt, _) = Read(name);
        var margins = prompt.GetProperty("greedy40_top1_minus_top2").EnumerateArray().Select(m => m.GetDouble()).ToArray();
        var clear = margins.TakeWhile(m => m > 1e-3).Count();
        Assert.True(clear > 10);
        var made = Model.Value.Generate(ids, clear, stopAtEos: false)[0].Tokens;
        Assert.Equal(prompt.GetProperty("greedy40_ids").EnumerateArray().Select(v => v.GetInt32()).Take(clear), made);
    }

    [Theory, MemberData(nameof(Prompts))]
    public void Tokenizer_OfTheFile_GivesThePromptsIds(string name)
    {
        var (ids, prompt, _) = Read(name);
        Assert.Equal(ids, Model.Value.Tokenizer!.Encode(prompt.GetProperty("text").GetString()!));
        Assert.Equal([2], Model.Value.StopTokens);
    }

    // The template puts its own system message in front.
    [Fact]
    public void ChatTokens_OneQuestion_AreThoseOfTheChatTemplate()
    {
        var (ids, _, _) = Read("chat");
        Assert.Equal(ids, Model.Value.ChatTokens([ChatMessage.User("What is the capital of Portugal, and which river runs through it?")]));
    }

    private static (int[] Ids, JsonElement Prompt, SafetensorsFile Tensors) Read(string name)
    {
        Assert.SkipWhen(Repository.Shared is null || !File.Exists(Path.Combine(Repository.Shared, "models", "smollm2-135m-instruct-q4_1.gguf")), "the real model is not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "smollm2");
        var prompt = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "goldens.json"))).RootElement
            .GetProperty("prompts").EnumerateArray().Single(p => p.GetProperty("name").GetString() == name);
        var ids = prompt.GetProperty("ids").EnumerateArray().Select(v => v.GetInt32()).ToArray();
        return (ids, prompt, SafetensorsFile.Open(Path.Combine(folder, "goldens.safetensors")));
    }
}
