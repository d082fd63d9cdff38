using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureInterp.Saes;

/// <summary>Where an evaluation stands, as its state file holds it.</summary>
internal sealed class EvaluationState
{
    // A state has some thirty bytes a feature; this is room for the largest SAE there is.
    private const long MaxBytes = 1L << 31;

    /// <summary>What was evaluated and how; a run goes on only from a state of the same.</summary>
    public required string Subject { get; init; }

    /// <summary>A hash over all rows that are in the sums.</summary>
    public string RowsHash { get; set; } = "";

    /// <summary>The sums so far.</summary>
    public required MetricSums Sums { get; init; }

    /// <summary>The hash once a row has come to those before.</summary>
    public static string Hash(string before, ReadOnlySpan<int> row)
    {
        var bytes = new byte[before.Length / 2 + 4 + 4 * row.Length];
        Convert.FromHexString(before).CopyTo(bytes, 0);
        var at = bytes.AsSpan(before.Length / 2);
        BinaryPrimitives.WriteInt32LittleEndian(at, row.Length);
        for (var i = 0; i < row.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(at[(4 + 4 * i)..], row[i]);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>Writes it beside its place, then renames: a reader finds the old state or the new one.</summary>
    /// <exception cref="SaeException">It cannot be written.</exception>
    public void Save(string path)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
                JsonSerializer.Serialize(file, this, EvaluationStateJson.Default.EvaluationState);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SaeException($"{path}: the state of the evaluation cannot be written ({e.Message.TrimEnd('.')}); give another place.", e);
        }
    }

    /// <summary>Reads a state of the same subject; null when there is none.</summary>
    /// <exception cref="SaeException">The file is damaged, or is of another evaluation.</exception>
    public static EvaluationState? Load(string path, string subject, SaeConfig config)
    {
        if (!File.Exists(path))
            return null;
        EvaluationState? state;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            state = file.Length <= MaxBytes ? JsonSerializer.Deserialize(file, EvaluationStateJson.Default.EvaluationState) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new SaeException($"{path}: the state of the evaluation cannot be read ({e.Message.TrimEnd('.')}); delete it and begin anew.", e);
        }

        if (state is null || state.Sums is null || state.RowsHash is not { Length: 0 or 64 } || !state.RowsHash.All(char.IsAsciiHexDigit) || !IsSane(state.Sums, config))
            throw new SaeException($"{path}: this is no state of an evaluation of this SAE; delete it and begin anew.");
        return state.Subject == subject
            ? state
            : throw new SaeException($"{path}: this is the state of another evaluation ({state.Subject}), not of this one ({subject}); delete it or give another place.") { OtherState = true };
    }

    private static bool IsSane(MetricSums sums, SaeConfig config) =>
        sums.Sum is { } sum && sum.Length == config.DOut && sums.Fired is { } fired && fired.Length == config.DSae && sums.FiredRows is { } rows && rows.Length == config.DSae
        && sums is { Rows: >= 0, Tokens: >= 0, Batches: >= 0, Predicted: >= 0, Counted: >= 0 } && sums.Counted <= sums.Tokens
        && !Array.Exists(fired, f => f < 0 || f > sums.Counted) && !Array.Exists(rows, r => r < 0 || r > sums.Rows);
}

/// <summary>Writes and reads <see cref="EvaluationState"/>; numbers come back to the bit.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(EvaluationState))]
internal sealed partial class EvaluationStateJson : JsonSerializerContext;
