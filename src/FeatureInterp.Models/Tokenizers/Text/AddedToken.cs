namespace FeatureInterp.Models.Tokenizers;

/// <summary>A token that is recognised in the text itself, before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">What it looks like in text.</param>
/// <param name="Special">Whether decoding can be told to leave it out.</param>
/// <param name="Normalized">Whether it is looked for after normalization, as its own normalized form, instead of before.</param>
/// <param name="SingleWord">Whether a word character beside it makes it plain text.</param>
/// <param name="StripLeft">Whether it takes the white space before it.</param>
/// <param name="StripRight">Whether it takes the white space after it.</param>
internal sealed record AddedToken(
    int Id, string Content, bool Special, bool Normalized, bool SingleWord, bool StripLeft, bool StripRight);
