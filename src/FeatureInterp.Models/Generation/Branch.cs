namespace FeatureInterp.Models;

/// <summary>
/// One line of a <see cref="Sweep"/>: what is changed in it, and how its tokens are chosen. <see cref="Edits"/> and
/// <see cref="Splices"/> are what <see cref="Transformer.Run"/> and <see cref="TransformerGeneration.Generate"/> take, and do the same.
/// </summary>
public sealed record Branch
{
    /// <summary>The model as it is.</summary>
    public static Branch Clean { get; } = new();

    /// <summary>Changes made on the way, in order, at every step. Default none.</summary>
    public IReadOnlyList<Edit> Edits { get; init; } = [];

    /// <summary>SAEs put in the place of hooks. Default none.</summary>
    public IReadOnlyList<ISplice> Splices { get; init; } = [];

    /// <summary>
    /// A promise: nothing is changed at prompt positions before this one, so what the model computes there can be shared. <c>^1</c> is the
    /// prompt's last token, <c>^0</c> says that only new tokens are changed. Counts only where nothing is spliced in. Default 0.
    /// </summary>
    public Index FirstPosition { get; init; } = 0;

    /// <summary>How this line's tokens are chosen; null for the sweep's own choice, the same random numbers in each line.</summary>
    public Sampling? Sampling { get; init; }

    /// <summary>Whether nothing is changed.</summary>
    public bool IsClean => Edits.Count == 0 && Splices.Count == 0;

    /// <summary>A line with one edit.</summary>
    /// <param name="edit">The edit.</param>
    public static implicit operator Branch(Edit edit) => new() { Edits = [edit] };

    /// <summary>A line with several edits.</summary>
    /// <param name="edits">The edits.</param>
    public static implicit operator Branch(Edit[] edits) => new() { Edits = edits };

    /// <summary>Both lines' changes in one, this one's edits first.</summary>
    /// <param name="other">The other line.</param>
    public Branch And(Branch other) => this with
    {
        Edits = [.. Edits, .. other.Edits],
        Splices = [.. Splices, .. other.Splices],
        FirstPosition = IsClean ? other.FirstPosition : other.IsClean ? FirstPosition : Earlier(FirstPosition, other.FirstPosition),
        Sampling = Sampling ?? other.Sampling,
    };

    /// <summary>The first position that may be changed of a prompt of some length; its length for none.</summary>
    internal int FirstOf(int length) => IsClean ? length : Splices.Count > 0 ? 0 : Math.Clamp(FirstPosition.GetOffset(length), 0, length);

    // Which of 5 and ^2 is earlier depends on the prompt; 0 is safe.
    private static Index Earlier(Index a, Index b) => a.IsFromEnd != b.IsFromEnd ? 0
        : a.IsFromEnd ? Index.FromEnd(Math.Max(a.Value, b.Value)) : Math.Min(a.Value, b.Value);
}
