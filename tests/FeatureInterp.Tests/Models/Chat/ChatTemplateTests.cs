using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

public class ChatTemplateTests
{
    private const string ChatMl = "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n'}}{% endfor %}";
    private static readonly JsonArray Cases = JsonNode.Parse(File.ReadAllText(Repository.Fixture("Chat", "cases.json")))!.AsArray();

    public static TheoryData<string> Names() => [.. Cases.Select(c => (string)c!["name"]!)];

    [Theory, MemberData(nameof(Names))]
    public void Render_EveryConversation_IsWhatJinjaGives(string name)
    {
        var made = Cases.Single(c => (string)c!["name"]! == name)!;
        var chat = ChatTemplate.Recognise((string)made["template"]!, (string?)made["bos"], (string?)made["eos"]);
        foreach (var result in made["results"]!.AsArray())
        {
            ChatMessage[] messages = [.. result!["messages"]!.AsArray().Select(m => new ChatMessage((string)m!["role"]!, (string)m["content"]!))];
            var prompt = (bool)result["prompt"]!;

            // Qwen's template passes over a role it does not have; we say so.
            if (result["refused"] is not null || (chat.Name == "ChatML" && name == "qwen 2.5" && messages.Any(m => m.Role == "critic")))
                Assert.Throws<ChatException>(() => chat.Render(messages, prompt));
            else
                Assert.Equal((string)result["text"]!, chat.Render(messages, prompt));
        }
    }

    [Fact]
    public void Render_SmolLm2_IsTheGoldenPrompt()
    {
        Assert.SkipWhen(Repository.Shared is null, "the shared goldens are not here");
        JsonNode Read(params string[] path) => JsonNode.Parse(File.ReadAllText(Path.Combine([Repository.Shared!, "goldens", .. path])))!;
        var messages = Read("make", "smollm2-prompts.json").AsArray().Single(p => (string)p!["name"]! == "chat")!["messages"]!.AsArray();
        var golden = Read("smollm2", "goldens.json")["prompts"]!.AsArray().Single(p => (string)p!["name"]! == "chat")!;
        var template = (string)Cases.Single(c => (string)c!["name"]! == "smollm 2")!["template"]!;
        var chat = ChatTemplate.Recognise(template, "<|im_start|>", "<|im_end|>");
        Assert.Equal((string)golden["text"]!, chat.Render([.. messages.Select(m => new ChatMessage((string)m!["role"]!, (string)m["content"]!))]));
    }

    [Fact]
    public void Load_FromAFolder_TakesTheJinjaFileFirstThenTheConfig()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", new JsonObject { ["bos_token"] = "<s>", ["eos_token"] = "</s>", ["chat_template"] = "{{ '[INST] ' + message['content'] + ' [/INST]' }}{{ message['content'] + eos_token }}" }.ToJsonString());
        Assert.Equal("Mistral", ChatTemplate.Load(folder.Path).Name);
        Assert.Equal("Mistral", ChatTemplate.Load(folder.PathOf("tokenizer.json")).Name);
        folder.Write("chat_template.jinja", ChatMl);
        Assert.Equal("<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n", ChatTemplate.Load(folder.Path).Render([ChatMessage.User("a")]));
    }

    [Fact]
    public void Load_ListOfTemplates_TakesTheDefaultOne()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", new JsonObject
        {
            ["chat_template"] = new JsonArray(
                new JsonObject { ["name"] = "tool_use", ["template"] = "x" }, new JsonObject { ["name"] = "default", ["template"] = ChatMl }),
        }.ToJsonString());
        Assert.Equal("ChatML", ChatTemplate.Load(folder.Path).Name);
    }

    [Theory]
    [InlineData("{{ messages }}", "Gemma, Llama 3, ChatML, Mistral")]
    [InlineData("<|im_start|><|im_end|>\\n'<think>", "reasoning")]
    [InlineData("<|im_start|><|im_end|>", "ChatML of another kind")]
    [InlineData("[INST] <<SYS>> [/INST]", "not as Mistral's")]
    [InlineData("[INST] [/INST]", "not as Mistral's")]
    [InlineData("<|start_header_id|><|eot_id|>Cutting Knowledge Date: March 2025", "not as Llama 3.1's")]
    [InlineData("{{ bos_token }}<start_of_turn><end_of_turn>", "writes bos_token")]
    public void Recognise_Unknown_SaysWhichAreKnown(string template, string found)
    {
        var error = Assert.Throws<ChatException>(() => ChatTemplate.Recognise(template, null, null, "a.gguf"));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("a.gguf: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoTemplate_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<ChatException>(() => ChatTemplate.Load(folder.Path));
        Assert.Contains("instruct model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_NothingOrToolMessages_AreRefused()
    {
        var llama = (string)Cases.Single(c => (string)c!["name"]! == "llama 3.1")!["template"]!;
        var chat = ChatTemplate.Recognise(llama, "<|begin_of_text|>", null);
        Assert.Throws<ChatException>(() => chat.Render([]));
        Assert.Throws<ChatException>(() => chat.Render([ChatMessage.User("a"), new ChatMessage("tool", "b")]));
    }
}
