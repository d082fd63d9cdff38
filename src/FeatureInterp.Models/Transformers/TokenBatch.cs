namespace FeatureInterp.Models;

/// <summary>
/// The tokens of one step, prompts of any lengths one after another without padding: row <c>FirstRow(p) + i</c> of every
/// [row, …] tensor belongs to token <c>i</c> of prompt <c>p</c>. A shorter prompt is therefore computed exactly as if it were alone.
/// </summary>
public sealed class TokenBatch
{
    private readonly int[][] _tokens;
    private readonly int[] _firstRow;
    private readonly int[] _start;
    private readonly int[]? _promptLength;

    /// <summary>Whole prompts, from position 0.</summary>
    /// <param name="tokens">Each prompt's token ids.</param>
    public TokenBatch(IReadOnlyList<int[]> tokens)
        : this(tokens, new int[tokens.Count])
    {
    }

    internal TokenBatch(IReadOnlyList<int[]> tokens, int[] start, int[]? promptLength = null)
    {
        _tokens = [.. tokens];
        _start = start;
        _promptLength = promptLength;
        _firstRow = new int[_tokens.Length + 1];
        for (var p = 0; p < _tokens.Length; p++)
            _firstRow[p + 1] = checked(_firstRow[p] + _tokens[p].Length);
        Rows = RowSplit.Of(this);
    }

    /// <summary>The number of prompts.</summary>
    public int Count => _tokens.Length;

    /// <summary>The number of tokens of all prompts together.</summary>
    public int RowCount => _firstRow[^1];

    /// <summary>Which rows are multiplied one by one.</summary>
    internal RowSplit Rows { get; }

    /// <summary>The token ids of one prompt in this step.</summary>
    /// <param name="prompt">The prompt.</param>
    public ReadOnlySpan<int> this[int prompt] => _tokens[prompt];

    /// <summary>The number of tokens of a prompt in this step.</summary>
    /// <param name="prompt">The prompt.</param>
    public int Length(int prompt) => _tokens[prompt].Length;

    /// <summary>The row of a prompt's first token.</summary>
    /// <param name="prompt">The prompt.</param>
    public int FirstRow(int prompt) => _firstRow[prompt];

    /// <summary>The row of a prompt's last token: the last real one, whatever the other prompts' lengths.</summary>
    /// <param name="prompt">The prompt.</param>
    public int LastRow(int prompt) => _firstRow[prompt + 1] - 1;

    /// <summary>The position of a prompt's first token of this step: 0, or the number of tokens a KV cache already holds.</summary>
    /// <param name="prompt">The prompt.</param>
    public int Start(int prompt) => _start[prompt];

    /// <summary>
    /// The number of tokens a prompt was given with: a token from this position on is a new one that the model said while generating.
    /// Outside generation it is one past the prompt's last token of this step.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    public int PromptLength(int prompt) => _promptLength?[prompt] ?? _start[prompt] + _tokens[prompt].Length;

    /// <summary>The tokens of one prompt, as they would be if it were run alone.</summary>
    internal TokenBatch Only(int prompt) =>
        new([_tokens[prompt]], [_start[prompt]], _promptLength is null ? null : [_promptLength[prompt]]);
}
