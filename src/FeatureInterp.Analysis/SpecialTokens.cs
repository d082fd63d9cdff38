using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>
/// Which tokens are not text: those that the tokenizer marks as special, such as the beginning of sequence. SAEs are trained without them, and what fires on
/// them is large and says nothing. Without a tokenizer there are none.
/// </summary>
internal sealed class SpecialTokens(Transformer model)
{
    private readonly Tokenizer? _tokenizer = model.Tokenizer;

    public bool Contains(int token) =>
        _tokenizer is { } t && (t.IsSpecial(token) || token == t.BosId || token == t.EosId || token == t.PadId);
}
