using System.Collections;
using System.Runtime.CompilerServices;

namespace FeatureInterp.Models;

/// <summary>Some of a vocabulary's tokens: a list of ids, <c>[0, 50256]</c>, or the special tokens of whatever model it is used with.</summary>
[CollectionBuilder(typeof(TokenSet), nameof(Create))]
public sealed class TokenSet : IEnumerable<int>
{
    private readonly HashSet<int> _ids;
    private readonly bool _special;

    private TokenSet(HashSet<int> ids, bool special)
    {
        _ids = ids;
        _special = special;
    }

    /// <summary>The beginning-of-sequence, end-of-sequence and padding tokens of the model's tokenizer, those that it has.</summary>
    public static TokenSet Special { get; } = new([], special: true);

    /// <summary>These tokens.</summary>
    /// <param name="ids">Their ids.</param>
    public static TokenSet Create(ReadOnlySpan<int> ids) => new([.. ids], special: false);

    /// <summary>The ids in a model's vocabulary.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ModelFileException">Special tokens are asked for, and the model came with no tokenizer.</exception>
    /// <exception cref="PromptException">An id is not in the vocabulary.</exception>
    public IReadOnlySet<int> Of(Transformer model)
    {
        if (_special)
        {
            var tokenizer = model.RequireTokenizer();
            return new[] { tokenizer.BosId, tokenizer.EosId, tokenizer.PadId }.OfType<int>().ToHashSet();
        }

        foreach (var id in _ids)
        {
            if ((uint)id >= (uint)model.Config.VocabSize)
                throw new PromptException($"Token {id} is not in the vocabulary of {model.Name} (0 to {model.Config.VocabSize - 1}); was it taken from another tokenizer?");
        }

        return _ids;
    }

    /// <summary>The ids it was made of; none for <see cref="Special"/>, which depends on the model.</summary>
    public IEnumerator<int> GetEnumerator() => _ids.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
