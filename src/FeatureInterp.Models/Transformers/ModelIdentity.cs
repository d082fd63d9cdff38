using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What a model is besides its numbers: its name, where it came from, and the choices made when it was loaded.</summary>
/// <param name="Name">The last part of its folder, or of its file without the ending.</param>
/// <param name="Folder">The folder, or the file when one file holds everything.</param>
/// <param name="Architecture">What the configuration calls it, such as <c>Gemma2ForCausalLM</c>.</param>
/// <param name="Tokenizer">Its tokenizer, if it came with one.</param>
/// <param name="Source">Its weight files.</param>
/// <param name="Options">The choices.</param>
internal sealed record ModelIdentity(string Name, string Folder, string Architecture, Tokenizer? Tokenizer, WeightSource Source, LoadOptions Options)
{
    /// <summary>The tokens that <c>generation_config.json</c> (or GGUF's metadata) lets a text end with, besides the tokenizer's end-of-sequence token.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>The chat template's source where one file holds everything; null when it lies in the folder.</summary>
    public string? ChatSource { get; init; }

    /// <summary>Why there is no tokenizer, where one was found that cannot be used.</summary>
    public Exception? TokenizerFault { get; init; }

    public ModelIdentity With(WeightProcessing processing) => this with { Options = Options with { Processing = processing } };
}
