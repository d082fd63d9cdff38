using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace FeatureInterp.Analysis;

/// <summary>Where a pass stands, as its state file holds it.</summary>
internal sealed class CooccurrenceState
{
    private static StateFile<CooccurrenceState> File => new(CooccurrenceStateJson.Default.CooccurrenceState, "pass");

    /// <summary>What was passed over and how; a pass goes on only from a state of the same.</summary>
    public required string Subject { get; init; }

    /// <summary>A hash over all rows so far.</summary>
    public string RowsHash { get; set; } = "";

    public int Rows { get; set; }

    /// <summary>The tokens that count.</summary>
    public long Tokens { get; set; }

    /// <summary>The special tokens that do not.</summary>
    public long Excluded { get; set; }

    /// <summary>How many rows begin with which token.</summary>
    public Dictionary<int, int> Beginnings { get; init; } = [];

    /// <summary>What was gathered of each set.</summary>
    public required CooccurrenceSums[] Sets { get; init; }

    /// <summary>The first token of every row, in no order.</summary>
    public IReadOnlyList<int[]> FirstTokens() => [.. Beginnings.SelectMany(b => Enumerable.Repeat((int[])[b.Key], b.Value))];

    /// <summary>The hash once a row has come to those before.</summary>
    public static string Hash(string before, int[] row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(before));
        Span<byte> four = stackalloc byte[4];
        foreach (var token in row.Prepend(row.Length))
        {
            BinaryPrimitives.WriteInt32LittleEndian(four, token);
            hash.AppendData(four);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <exception cref="AnalysisException">It cannot be written.</exception>
    public void Save(string path) => File.Save(path, this);

    /// <summary>Reads a state like <paramref name="empty"/>; null when there is no file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="empty">A state before the first row.</param>
    /// <param name="vocabulary">How many tokens the model knows.</param>
    /// <exception cref="AnalysisException">The file is damaged, or is of another pass.</exception>
    public static CooccurrenceState? Load(string path, CooccurrenceState empty, int vocabulary) => File.Load(path, empty.Subject, s => s.Subject, s =>
        s.RowsHash is { Length: 0 or 64 } && s.RowsHash.All(char.IsAsciiHexDigit) && s is { Rows: >= 0, Tokens: >= 0, Excluded: >= 0, Beginnings: not null, Sets: not null }
        && s.Sets.Length == empty.Sets.Length && s.Sets.Zip(empty.Sets).All(p => p.First is not null && IsSane(p.First, p.Second.Mean.Length, vocabulary))
        && s.Beginnings.All(b => b.Value >= 1 && (uint)b.Key < (uint)vocabulary) && s.Beginnings.Sum(b => (long)b.Value) == s.Rows);

    private static bool IsSane(CooccurrenceSums sums, int k, int vocabulary) =>
        sums is { Count: >= 0, Mean: not null, Scatter: not null, Together: not null, Kept: not null }
        && sums.Mean.Length == k && sums.Scatter.Length == k * k && sums.Together.Length == k * k && sums.Kept.Count <= sums.Count
        && sums.Mean.All(double.IsFinite) && sums.Scatter.All(double.IsFinite) && sums.Together.All(t => t >= 0 && t <= sums.Count)
        && sums.Kept.TrueForAll(t => t is { Tokens: not null, Slots: not null, Values: not null } && (uint)t.Focus < (uint)t.Tokens.Length
            && t.Slots.Length == t.Values.Length && t.Slots.Length > 0 && Array.TrueForAll(t.Slots, s => (uint)s < (uint)k) && Array.TrueForAll(t.Tokens, i => (uint)i < (uint)vocabulary));
}

/// <summary>Writes and reads <see cref="CooccurrenceState"/>; numbers come back to the bit.</summary>
[JsonSerializable(typeof(CooccurrenceState))]
internal sealed partial class CooccurrenceStateJson : JsonSerializerContext;
