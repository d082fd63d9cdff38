namespace FeatureInterp.Models;

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>As many tokens as were asked for.</summary>
    Length,

    /// <summary>The model said a token that ends a text, which is the last of the new tokens.</summary>
    EndOfSequence,

    /// <summary>The model has no position for another token.</summary>
    ContextFull,
}

/// <summary>One new token of one prompt, as it comes.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Token">The token's id.</param>
/// <param name="Text">The text this token settles: empty while a character is incomplete, empty for special tokens and without a tokenizer.</param>
/// <param name="LogProbability">ln p(token | what came before), from the logits before any penalty, temperature or filter.</param>
/// <param name="Finished">Why the prompt's text ends with this token; null while it goes on.</param>
public sealed record GeneratedToken(int Prompt, int Token, string Text, double LogProbability, FinishReason? Finished);

/// <summary>The new text of one prompt.</summary>
/// <param name="Tokens">The new tokens' ids, an end-of-sequence token included.</param>
/// <param name="Text">Their text without special tokens; empty without a tokenizer.</param>
/// <param name="LogProbabilities">For each new token ln p(token | what came before), from the logits before any penalty, temperature or filter.</param>
/// <param name="Finished">Why it ended.</param>
public sealed record GeneratedText(IReadOnlyList<int> Tokens, string Text, IReadOnlyList<double> LogProbabilities, FinishReason Finished)
{
    /// <summary>The text.</summary>
    public override string ToString() => Text;
}
