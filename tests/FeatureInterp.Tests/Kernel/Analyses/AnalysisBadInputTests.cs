namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary>What only shows when a model is there is said with the request's line too.</summary>
public sealed class AnalysisBadInputTests : IDisposable
{
    private const string Corpus = "corpus: {prompts: ['The wolf ran on.']}\n";

    private readonly AnalysisWork _work = new();

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData("feature-map", "prompt: a\nfeatures: [1,\n  99999]\n", "r.yaml, line 5: features: There is no feature 99999; talegrid-6m-res-l3 has features 0 to 2047.")]
    [InlineData("feature-map", "prompt: a\nfeatures: [-1]\n", "r.yaml, line 4: features: There is no feature -1;")]
    [InlineData("top-activations", Corpus + "features: [7, 7]\n", "r.yaml, line 4: features: Feature 7 was chosen twice")]
    [InlineData("top-activations", Corpus + "features: [7]\nexamples: 0\n", "r.yaml, line 5: examples is 0; give 1 to 1000.")]
    [InlineData("cooccurrence", Corpus + "sets:\n  a: [5]\n  b: [6, 99999]\n", "r.yaml, line 6: sets: There is no feature 99999;")]
    [InlineData("cooccurrence", Corpus + "sets:\n  a: [5]\n  b: {count: 99999, seed: 1}\n", "r.yaml, line 6: count: 99999 features cannot be drawn")]
    [InlineData("cooccurrence", Corpus + "sets: {a: [5]}\nrow_length: 999999\n", "r.yaml, line 5: row_length is 999999; give 1 to ")]
    [InlineData("vocab-projection", "features: 99999\n", "r.yaml, line 3: features: There is no feature 99999;")]
    [InlineData("vocab-projection", "neurons: {layer: 0, index: [99999]}\n", "r.yaml, line 3: neurons: There is no neuron L0N99999;")]
    [InlineData("token-change", Corpus + "feature: 99999\n", "r.yaml, line 4: feature: There is no feature 99999;")]
    [InlineData("kl-target", "target: 0.5\nfeature: 99999\n", "r.yaml, line 4: feature: There is no feature 99999;")]
    [InlineData("kl-target", "target: 0\nfeature: 9\n", "r.yaml, line 3: target: The target is 0; give a divergence above 0")]
    [InlineData("kl-target", "target: 1\nfeature: 9\ntolerance: 2\n", "r.yaml, line 5: tolerance is 2; give a share between 0 and 1.")]
    [InlineData("definition-tree", "feature: 99999\n", "r.yaml, line 3: feature: There is no feature 99999;")]
    [InlineData("definition-tree", "feature: 9\nprompt: what\n", "r.yaml, line 4: prompt: The prompt has no {ghost}")]
    [InlineData("definition-tree", "feature: 9\nghost:\n  encoder_share: 3\n", "r.yaml, line 5: encoder_share is 3; give 0 (the decoder) to 1 (the encoder).")]
    [InlineData("token-list", "feature: 99999\n", "r.yaml, line 3: feature: There is no feature 99999;")]
    [InlineData("token-list", "feature: 9\ntop: 0\n", "r.yaml, line 4: top is 0; give 1 or more.")]
    [InlineData("logit-attribution", "prompt: a\nanswer: two words\n", "r.yaml, line 4: answer: 'two words' is ")]
    [InlineData("logit-attribution", "prompt: a\nanswer: ' he'\nposition: 40\n", "r.yaml, line 5: position: Position 40 is asked for")]
    [InlineData("logit-attribution", "prompt: [5, 99999]\nanswer: ' he'\n", "r.yaml, line 3: prompt: ")]
    [InlineData("feature-map", "prompt: {file: none.txt}\n", "none.txt")]
    public void Feature_OrOption_OutOfRange_IsSaidWithItsLine(string kind, string rest, string said) =>
        Assert.StartsWith(said, _work.Refused(kind, AnalysisWork.Pair + rest), StringComparison.Ordinal);

    [Theory]
    [InlineData("top-activations", "features: 5\n")]
    [InlineData("cooccurrence", "sets: {a: [5]}\n")]
    [InlineData("token-change", "feature: 5\n")]
    [InlineData("sae-evaluation", "")]
    public void Corpus_EmptyOrNotThere_IsSaidWithItsLine(string kind, string rest)
    {
        var empty = _work.Folder.Write("empty.txt", "");
        Assert.StartsWith("r.yaml, line 3: corpus: ", _work.Refused(kind, $"{AnalysisWork.Pair}corpus: '{empty}'\n{rest}"), StringComparison.Ordinal);
        var message = _work.Refused(kind, $"{AnalysisWork.Pair}# a comment\ncorpus: {{text: '{empty}.none'}}\n{rest}");
        Assert.StartsWith("r.yaml, line 4: text: ", message, StringComparison.Ordinal);
        Assert.Contains("not there", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("top-activations", "features: 5\n", 1)]
    [InlineData("cooccurrence", "sets: {a: [5], b: {count: 2, seed: 3}}\n", 1)]
    [InlineData("token-change", "feature: 5\nvalue: 3\n", 1)]
    public void Corpus_OfOneToken_IsEnough(string kind, string rest, int tokens)
    {
        var request = $"{AnalysisWork.Pair}corpus: '{_work.Folder.Write("one.txt", "the")}'\n{rest}";
        _work.Run(kind, request);
        ResultRules.Check(_work.Document, kind, request, isComplete: true);
        Assert.Equal(tokens, _work.Result.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public void Evaluation_OfOneToken_IsSaidWithItsLine()
    {
        Assert.StartsWith(
            "r.yaml, line 3: corpus: one.txt has 1 tokens, which do not fill one row", _work.Refused("sae-evaluation", $"{AnalysisWork.Pair}corpus: '{_work.Folder.Write("one.txt", "the")}'\n"), StringComparison.Ordinal);
        Assert.StartsWith("r.yaml, line 3: corpus: A row of 1 tokens", _work.Refused("sae-evaluation", $"{AnalysisWork.Pair}corpus: {{prompts: [[5]]}}\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token-change", "corpus: {prompts: [the]}\nfeature: 5\n", "r.yaml, line 4: feature: feature 5 never fires on these prompts")]
    [InlineData("steering", "prompts: the\nfeatures: [5]\nstrengths: 1\n", "r.yaml, line 4: features: Feature 5 never fired on the prompts")]
    public void Maximum_OfZero_IsSaidWithItsLine(string kind, string rest, string said) =>
        Assert.StartsWith(said, _work.Refused(kind, AnalysisWork.Pair + rest), StringComparison.Ordinal);

    [Theory]
    [InlineData("log-bracket")]
    [InlineData("integer-bisection")]
    public void KlTarget_OutOfReach_IsNoErrorAndSaysWhatWasReached(string search)
    {
        var request = $"{AnalysisWork.Pair}feature: 714\ntarget: 1000\nprompts: We\nsearch: {search}\n";
        Assert.True(_work.Run("kl-target", request).IsComplete);
        ResultRules.Check(_work.Document, "kl-target", request, isComplete: true);
        var result = _work.Result;
        Assert.False(result.GetProperty("converged").GetBoolean());
        var (low, high) = (result.GetProperty("lowest_reached").GetDouble(), result.GetProperty("highest_reached").GetDouble());
        Assert.InRange(low, 0, high);
        Assert.InRange(high, low, 1000);
        Assert.Equal(high, result.GetProperty("steps").EnumerateArray().Max(s => s.GetProperty("kl").GetDouble()));
    }

    [Fact]
    public void Feature_WithoutAnSae_IsSaidWithItsLine() => Assert.Equal(
        "r.yaml, line 3: feature: a feature is one of an SAE, but there is no 'sae'; name it.", _work.Refused("kl-target", "model: talegrid-6m\ntarget: 1\nfeature: 3\n"));

    [Fact]
    public void Unit_MisspeltMissingOrTwice_IsSaid()
    {
        Assert.Contains("did you mean 'feature'?", _work.Refused("kl-target", AnalysisWork.Pair + "target: 1\nfeatur: 3\n"), StringComparison.Ordinal);
        Assert.Contains("0 of feature, neuron are given", _work.Refused("kl-target", AnalysisWork.Pair + "target: 1\n"), StringComparison.Ordinal);
        Assert.Contains("2 of feature, token are given", _work.Refused("token-list", AnalysisWork.Pair + "feature: 1\ntoken: 5\n"), StringComparison.Ordinal);
    }
}
