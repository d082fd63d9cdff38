using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureInterp.Analysis;

/// <summary>Where a pass stands, as its state file holds it.</summary>
internal sealed class CooccurrenceState
{
    private const long LargestFile = 4L << 30;

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

    /// <summary>Writes it beside its place, then renames: a reader finds the old state or the new one.</summary>
    /// <exception cref="AnalysisException">It cannot be written.</exception>
    public void Save(string path)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
                JsonSerializer.Serialize(file, this, CooccurrenceStateJson.Default.CooccurrenceState);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"{path}: the state of the pass cannot be written ({e.Message.TrimEnd('.')}); give another place.", e);
        }
    }

    /// <summary>Reads a state like <paramref name="empty"/>; null when there is no file.</summary>
    /// <exception cref="AnalysisException">The file is damaged, or is of another pass.</exception>
    public static CooccurrenceState? Load(string path, CooccurrenceState empty)
    {
        if (!File.Exists(path))
            return null;
        CooccurrenceState? state;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            state = file.Length <= LargestFile ? JsonSerializer.Deserialize(file, CooccurrenceStateJson.Default.CooccurrenceState) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"{path}: the state of the pass cannot be read ({e.Message.TrimEnd('.')}); delete it and begin anew.", e);
        }

        if (state is null || state.RowsHash is not { Length: 0 or 64 } || !state.RowsHash.All(char.IsAsciiHexDigit) || state is not { Rows: >= 0, Tokens: >= 0, Excluded: >= 0, Beginnings: not null, Sets: not null })
            throw Bad(path);
        if (state.Subject != empty.Subject)
            throw new AnalysisException($"{path}: this is the state of another pass ({state.Subject}), not of this one ({empty.Subject}); delete it or give another place.");
        if (state.Sets.Length != empty.Sets.Length || !state.Sets.Zip(empty.Sets).All(p => p.First is not null && IsSane(p.First, p.Second.Mean.Length)))
            throw Bad(path);
        return state;
    }

    private static bool IsSane(CooccurrenceSums sums, int k) =>
        sums is { Count: >= 0, Mean: not null, Scatter: not null, Together: not null, Kept: not null }
        && sums.Mean.Length == k && sums.Scatter.Length == k * k && sums.Together.Length == k * k && sums.Kept.Count <= sums.Count
        && sums.Mean.All(double.IsFinite) && sums.Scatter.All(double.IsFinite) && sums.Together.All(t => t >= 0 && t <= sums.Count)
        && sums.Kept.TrueForAll(t => t is { Tokens: not null, Slots: not null, Values: not null } && (uint)t.Focus < (uint)t.Tokens.Length
            && t.Slots.Length == t.Values.Length && Array.TrueForAll(t.Slots, s => (uint)s < (uint)k));

    private static AnalysisException Bad(string path) => new($"{path}: this is no state of a co-occurrence pass over these sets; delete it and begin anew.");
}

/// <summary>Writes and reads <see cref="CooccurrenceState"/>; numbers come back to the bit.</summary>
[JsonSerializable(typeof(CooccurrenceState))]
internal sealed partial class CooccurrenceStateJson : JsonSerializerContext;
