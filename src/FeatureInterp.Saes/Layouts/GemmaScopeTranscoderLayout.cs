namespace FeatureInterp.Saes;

/// <summary>Gemma Scope's transcoders: the same file as its SAEs', from the MLP's normalised input to the MLP's output.</summary>
internal sealed class GemmaScopeTranscoderLayout : ISaeLayout
{
    public string Name => "gemma_2_transcoder";

    public string Title => "Gemma Scope transcoder (params.npz)";

    public bool Recognizes(string path) => CouldBe(path) && new SaeNames(path, new SaeLoadOptions()).Any(GemmaScopeNames.IsTranscoders);

    public bool CouldBe(string path) => File.Exists(Path.Combine(path, GemmaScopeLayout.File));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var facts = new SaeNames(path, options).Facts(GemmaScopeNames.Transcoder);
        var arrays = SaeArrays.Open(Path.Combine(path, GemmaScopeLayout.File));
        var weights = GemmaScopeLayout.Weights(arrays);
        return new SaeFiles(this, GemmaScopeLayout.Config(weights) with
        {
            IsTranscoder = true,
            HookIn = facts.HookIn,
            HookOut = facts.HookOut,
            Origin = GemmaScopeLayout.Origin(facts.ModelName),
        }, weights, [arrays.File]);
    }
}
