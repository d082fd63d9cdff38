using FeatureInterp.Kernel.Analyses;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary>What a request may say, and what is said of one that is wrong. Nothing is loaded here.</summary>
public class AnalysisRequestTests
{
    private const string Pair = "model: talegrid-6m\nsae: talegrid-6m-res-l3\n";
    private const string Steering = Pair + "prompts: a\nfeatures: 1\nstrengths: 1\n";

    private static string Refused(string kind, string text)
    {
        var error = Assert.Throws<RequestException>(() => Read(kind, text));
        Assert.StartsWith("r.yaml", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }

    private static Func<AnalysisRun, AnalysisOutcome> Read(string kind, string text) =>
        AnalysisRunner.Read(AnalysisRegistry.All.Single(k => k.Name == kind), "r.yaml", RequestYaml.Parse("r.yaml", text));

    [Fact]
    public void Names_AreDistinctAndHaveOneLineEach()
    {
        Assert.Equal(AnalysisRegistry.All.Count, AnalysisRegistry.All.Select(k => k.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(AnalysisRegistry.All, k => Assert.DoesNotContain('\n', k.Summary));
    }

    [Theory]
    [InlineData("steering", Steering)]
    [InlineData("steering", "model: {name: m, layer_order: global-first, gemma_gelu: exact, hook_normalized: after-gain, process: true, download: false}\nsae: {name: s, layout: gemma_2, norm_scaling_factor: 0.5, overrides: {k: 50}, roots: [a], registries: [b]}\nprompts: [[2, 5], {tokens: [2]}, {chat: hi}]\nfeatures: [1, 2]\nstrengths: [-1.5, 2e0]")]
    [InlineData("steering", Steering + "unit: decoder-norm\nmax_activations: {values: {1: 2.5}}\nsamplings: [{temperature: 0}, {temperature: 1, top_k: 5, seed: 7}]\npositions: [0, 3]\non_prompt: false\n")]
    [InlineData("steering", Steering + "max_activations: {over: {tokens: rows.json}}\npositions: last\n")]
    [InlineData("feature-map", Pair + "prompt: {text: 'a: b'}\nfeatures: ~\ntop:\n")]
    [InlineData("feature-map", "# a comment\n---\n" + Pair + "prompt: |\n  two\n  lines\n...\n")]
    [InlineData("patching", "model: m\nclean: [a, b]\ncorrupted: [c, d]\nmetric: {log_probability: [17, 4]}\nsite: pattern\naxes: layer-head\nlayers: [0]\npositions: [-1]\n")]
    [InlineData("residual-stream", "model: m\nprompts: a\nanswer: 5\n")]
    [InlineData("patching", "model: m\nclean: a\ncorrupted: b\nmetric: {logit: 5}\nmethod: both\n")]
    [InlineData("ablation", Pair + "prompt: a\nanswer: {file: b.txt}\nsets: [[1, 2], 3]\npositions: [0, 3]\non_answer: false\n")]
    [InlineData("ablation", Pair + "prompt: [2, 5]\nanswer: [7, 8]\nfeatures: 1\n")]
    [InlineData("attribution", "model: m\nsae: [s, {name: t}]\nprompt: a\nmetric: {log_probability: ' b'}\nsteps: 8\n")]
    public void Request_ThatIsRight_IsRead(string kind, string text) => Assert.NotNull(Read(kind, text));

    [Theory]
    [InlineData("prompts", "promts", "line 3: 'promts' is no key here; did you mean 'prompts'?")]
    [InlineData("strengths: 1", "strengths: 1\nnewtokens: 4", "'newtokens' is no key here; did you mean 'new_tokens'?")]
    [InlineData("features: 1\n", "", "there is no 'features'")]
    [InlineData("features: 1\nstrengths: 1", "", "there is no 'features', nor 'strengths'")]
    [InlineData("features: 1", "features:", "there is no 'features'")]
    [InlineData("features: 1", "features: []", "features is an empty list")]
    [InlineData("features: 1", "features: one", "features is 'one'; a whole number was expected")]
    [InlineData("features: 1", "features: 1.5", "a whole number was expected")]
    [InlineData("features: 1", "features: 99999999999", "a whole number was expected")]
    [InlineData("features: 1", "features: {a: 1}", "features is a mapping; a whole number was expected")]
    [InlineData("features: 1", "features: '1'", "a whole number was expected")]
    [InlineData("strengths: 1", "strengths: [1, .nan]", "a finite number was expected")]
    [InlineData("strengths: 1", "strengths: 1e999", "a finite number was expected")]
    [InlineData("strengths: 1", "strengths: 1\non_prompt: maybe", "true or false was expected")]
    [InlineData("strengths: 1", "strengths: 1\nunit: metres", "one of max-activation, decoder-norm was expected")]
    [InlineData("strengths: 1", "strengths: 1\npositions: first", "one of all, last was expected")]
    [InlineData("strengths: 1", "strengths: 1\nmax_activations: {}", "0 of over, from, values are given; give exactly one")]
    [InlineData("strengths: 1", "strengths: 1\nmax_activations: {over: a, from: b}", "2 of over, from, values are given")]
    [InlineData("strengths: 1", "strengths: 1\nmax_activations: {ovr: a}", "did you mean 'over'?")]
    [InlineData("strengths: 1", "strengths: 1\nmax_activations: 5", "max_activations is '5'; a mapping was expected")]
    [InlineData("strengths: 1", "strengths: 1\nmax_activations: {values: {many: 5}}", "a feature's number as key was expected")]
    [InlineData("strengths: 1", "strengths: 1\nsamplings: [{top_p: 1}]", "there is no 'temperature'")]
    [InlineData("strengths: 1", "strengths: 1\nsamplings: [{temperature: 1, sed: 1}]", "did you mean 'seed'?")]
    [InlineData("prompts: a", "prompts: ''", "prompts is empty; a text was expected")]
    [InlineData("prompts: a", "prompts: {text: a, arc: b}", "2 of text, file, arc, chat, tokens are given")]
    [InlineData("prompts: a", "prompts: [[2, x]]", "a whole number was expected")]
    [InlineData("model: talegrid-6m", "model: {}", "there is no 'name'")]
    [InlineData("model: talegrid-6m", "model: {name: m, layer_order: backwards}", "one of local-first, global-first was expected")]
    public void Request_ThatIsWrong_SaysWhatAndWhere(string right, string wrong, string said) =>
        Assert.Contains(said, Refused("steering", Steering.Replace(right, wrong, StringComparison.Ordinal)), StringComparison.Ordinal);

    [Theory]
    [InlineData("patching", "model: m\nclean: a\ncorrupted: b\nmetric: {logit_difference: {answer: x}}", "there is no 'other'")]
    [InlineData("patching", "model: m\nclean: a\ncorrupted: b\nmetric: {}", "0 of logit_difference, logit, log_probability")]
    [InlineData("patching", "model: m\nclean: a\ncorrupted: b\nmetric: {logit: x}\nsite: nowhere", "one of resid_pre,")]
    [InlineData("top-activations", Pair, "there is no 'corpus'")]
    [InlineData("sae-evaluation", Pair + "corpus: {prompts: []}", "at least one value was expected")]
    [InlineData("patching", "model: m\nclean: a\ncorrupted: b\nmetric: {logit: x}\nmethod: guess", "one of exact, estimate, both was expected")]
    [InlineData("ablation", Pair + "prompt: a", "there is no 'answer'")]
    [InlineData("ablation", Pair + "prompt: a\nanswer: ''", "answer is empty; a text was expected")]
    [InlineData("ablation", Pair + "prompt: a\nanswer: []", "answer is an empty list")]
    [InlineData("ablation", Pair + "prompt: a\nanswer: {arc: e9afcf9a}", "'arc' is no key here")]
    [InlineData("ablation", Pair + "prompt: a\nanswer: b\nsets: [[1], [two]]", "a whole number was expected")]
    [InlineData("attribution", Pair + "prompt: a\nmetric: {logits: x}", "did you mean 'logit'?")]
    public void OtherKinds_ThatAreWrong_SayWhat(string kind, string text, string said) => Assert.Contains(said, Refused(kind, text), StringComparison.Ordinal);

    [Fact]
    public void OtherWithoutAnswer_IsRefused() =>
        Assert.Contains("'answer', which is missing", Assert.Throws<RequestException>(() => Read("residual-stream", "model: m\nprompts: a\nother: b")).Message, StringComparison.Ordinal);

    [Fact]
    public void FeaturesAndSets_AreRefusedTogether() =>
        Assert.Contains("give one of them", Assert.Throws<RequestException>(() => Read("ablation", Pair + "prompt: a\nanswer: b\nfeatures: 1\nsets: [[2]]")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", "empty")]
    [InlineData("# nothing\n", "empty")]
    [InlineData("- a\n", "a list was found where the request's keys were expected")]
    [InlineData("a", "'a' was found where")]
    [InlineData("a: 1\na: 2\n", "line 2: 'a' is there a second time")]
    [InlineData("a: &x 1\nb: *x\n", "anchors and aliases")]
    [InlineData("a: !!python/object 1\n", "tags")]
    [InlineData("a: [1, 2\n", "not YAML")]
    [InlineData("a: 'x\n", "not YAML")]
    [InlineData("? [a]\n: 1\n", "where a key was expected")]
    [InlineData("a: 1\n---\nb: 2\n", "second document")]
    [InlineData("a: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "more than 16 deep")]
    public void Yaml_ThatIsWrong_SaysWhat(string text, string said)
    {
        var message = Assert.Throws<RequestException>(() => RequestYaml.Parse("r.yaml", text)).Message;
        Assert.StartsWith("r.yaml", message, StringComparison.Ordinal);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_TooLongOrNotThere_IsRefused()
    {
        using var folder = new Tokenizers.TemporaryFolder();
        Assert.Contains("longer than 4 MiB", Assert.Throws<RequestException>(() => RequestYaml.Read(folder.Write("long.yaml", new string('#', RequestYaml.MaxBytes + 1)))).Message, StringComparison.Ordinal);
        Assert.Contains("not there", Assert.Throws<RequestException>(() => RequestYaml.Read(folder.PathOf("none.yaml"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mapping_DeepEnoughToOverflowTheStack_IsRefused() =>
        Assert.Throws<RequestException>(() => RequestYaml.Parse("r.yaml", "a: " + new string('[', 100_000)));

    [Fact]
    public void AnyText_IsReadOrRefused() => Prop.ForAll<string?>(text => IsReadOrRefused(() => RequestYaml.Parse("r.yaml", text ?? ""))).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void AnyMutationOfAnExample_IsReadOrRefused() => Prop.ForAll<byte, ushort, char>((kind, place, with) =>
    {
        var example = AnalysisRegistry.All[kind % AnalysisRegistry.All.Count];
        var text = example.Example.ToCharArray();
        text[place % text.Length] = with;
        return IsReadOrRefused(() => Read(example.Name, new string(text)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    // Found by the mutation above: YamlDotNet's scanner threw something that is not its own exception.
    [Fact]
    public void AnyCharacterOfSyntaxAnywhereInAnExample_IsReadOrRefused()
    {
        foreach (var example in AnalysisRegistry.All)
        {
            for (var place = 0; place < example.Example.Length; place++)
            {
                foreach (var with in "[]{},:#-?'\"|>&*!%@~ \n\t\0")
                {
                    var text = example.Example.ToCharArray();
                    text[place] = with;
                    IsReadOrRefused(() => Read(example.Name, new string(text)));
                    IsReadOrRefused(() => RequestYaml.Parse("r.yaml", new string(text)[..place] + with));
                }
            }
        }
    }

    // Anything but the one exception with which requests are refused fails the property.
    private static bool IsReadOrRefused(Func<object> read)
    {
        try
        {
            return read() is not null;
        }
        catch (RequestException)
        {
            return true;
        }
    }
}
