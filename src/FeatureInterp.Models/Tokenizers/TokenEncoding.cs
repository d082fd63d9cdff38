namespace FeatureInterp.Models;

/// <summary>A stretch of the original text, counted in Unicode code points (not UTF-16 units): <c>[Start, End)</c>.</summary>
/// <param name="Start">The first code point.</param>
/// <param name="End">One past the last code point.</param>
public readonly record struct TokenRange(int Start, int End);

/// <summary>
/// A text as tokens. The three lists have one entry per token.
/// </summary>
/// <param name="Ids">The token ids.</param>
/// <param name="Tokens">
/// The tokens as the vocabulary spells them: <c>▁the</c>, <c>&lt;0x0A&gt;</c>; an added token as it stands in the text, with the white space it takes.
/// </param>
/// <param name="Offsets">
/// Where each token comes from in the text. A token that is one byte of a character has the whole character's range;
/// a token that the template added, and no text stands for, has <c>[0, 0)</c>.
/// </param>
public sealed record TokenEncoding(IReadOnlyList<int> Ids, IReadOnlyList<string> Tokens, IReadOnlyList<TokenRange> Offsets);
