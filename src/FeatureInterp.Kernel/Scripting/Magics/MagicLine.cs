using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>A line <c>#!name …</c>, taken apart by <see cref="MagicParser"/>.</summary>
/// <param name="Name">The name without <c>#!</c>.</param>
/// <param name="Values">The values that belong to no option, in order.</param>
/// <param name="Options">Options with their values, flags with <see cref="MagicValue.None"/>; names without <c>--</c>.</param>
internal sealed record MagicLine(string Name, ImmutableArray<MagicValue> Values, ImmutableSortedDictionary<string, MagicValue> Options)
{
    /// <summary>The option's value, or null when the line does not have it.</summary>
    public MagicValue? this[string option] => Options.GetValueOrDefault(option);

    /// <summary>Whether the flag is there.</summary>
    public bool Has(string flag) => Options.ContainsKey(flag);
}

/// <summary>How a value was written, which says what it may become.</summary>
internal enum MagicValueKind
{
    /// <summary>Letters up to the next space.</summary>
    Bare,

    /// <summary>Between double quotes: always text.</summary>
    Quoted,

    /// <summary>A JSON object or array.</summary>
    Json,
}

/// <summary>One value of a line.</summary>
/// <param name="Text">The text, without quotes.</param>
/// <param name="Kind">How it was written.</param>
/// <param name="Source">What stands between <c>@</c> and <c>:</c> (a kernel, <c>input</c>, <c>password</c>), or null.</param>
internal sealed record MagicValue(string Text, MagicValueKind Kind = MagicValueKind.Bare, string? Source = null)
{
    /// <summary>What a flag has for a value.</summary>
    public static MagicValue None { get; } = new("");
}

/// <summary>What a magic's line may hold.</summary>
/// <param name="Options">Options that take a value.</param>
/// <param name="Flags">Options that take none.</param>
/// <param name="MaxValues">How many values may stand alone.</param>
internal sealed record MagicSyntax(ImmutableArray<string> Options, ImmutableArray<string> Flags, int MaxValues = 0)
{
    /// <summary>Nothing but the name.</summary>
    public static MagicSyntax Nothing { get; } = new([], []);
}
