using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// What long work has done so far, on disk, so that a later run goes on from it. A state has a subject, a sentence that names all that changes a number: work goes on only from a state of the same subject.
/// Numbers come back to the bit. A file is hostile: whoever loads one looks at every number that an index or a length is made of.
/// </summary>
/// <typeparam name="T">What is kept.</typeparam>
/// <param name="type">How it is written.</param>
/// <param name="work">What the work is called in messages.</param>
internal sealed class StateFile<T>(JsonTypeInfo<T> type, string work)
    where T : class
{
    private const long LargestFile = 4L << 30;
    private static readonly TimeSpan BetweenSaves = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _sinceSave = Stopwatch.StartNew();

    /// <summary>Writes it beside its place, then renames: a reader finds the old state or the new one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="state">What is kept.</param>
    /// <exception cref="AnalysisException">It cannot be written.</exception>
    public void Save(string path, T state)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
                JsonSerializer.Serialize(file, state, type);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"{path}: the state of the {work} cannot be written ({e.Message.TrimEnd('.')}); give another place.", e);
        }

        _sinceSave.Restart();
    }

    /// <summary>Writes it if that was not done for five seconds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="state">What is kept.</param>
    /// <exception cref="AnalysisException">It cannot be written.</exception>
    public void SaveNowAndThen(string path, T state)
    {
        if (_sinceSave.Elapsed >= BetweenSaves)
            Save(path, state);
    }

    /// <summary>Reads a state; null when there is no file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="subject">The subject it has to have.</param>
    /// <param name="subjectOf">The subject it has.</param>
    /// <param name="isSane">Whether it can be a state of this subject.</param>
    /// <exception cref="AnalysisException">The file is damaged, or is of other work; then <see cref="AnalysisException.OtherState"/> is set.</exception>
    public T? Load(string path, string subject, Func<T, string?> subjectOf, Func<T, bool> isSane)
    {
        if (!File.Exists(path))
            return null;
        T? state;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            state = file.Length <= LargestFile ? JsonSerializer.Deserialize(file, type) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"{path}: the state of the {work} cannot be read ({e.Message.TrimEnd('.')}); delete it and begin anew.", e);
        }

        if (state is null || subjectOf(state) is not { } found)
            throw Bad(path);
        if (found != subject)
            throw new AnalysisException($"{path}: this is the state of another {work} ({found}), not of this one ({subject}); delete it or give another place.") { OtherState = true };
        return isSane(state) ? state : throw Bad(path);
    }

    private AnalysisException Bad(string path) => new($"{path}: this is no state of this {work}; delete it and begin anew.");
}

/// <summary>What subjects have in common.</summary>
internal static class StateSubject
{
    /// <summary>The SAE, the model and its flags, by name and fingerprint.</summary>
    public static string Of(Transformer model, SparseAutoencoder sae) =>
        $"{sae.Name} {sae.WeightsHash} at {sae.Config.Hook} in {model.Name} {model.WeightsHash} ({string.Join(", ", model.Flags.Select(f => $"{f.Key}: {f.Value}"))})";

    /// <summary>Rows of tokens by number and fingerprint, whose contents may be long.</summary>
    public static string Of(params IReadOnlyList<IReadOnlyList<int>> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> four = stackalloc byte[4];
        foreach (var number in rows.SelectMany(row => row.Prepend(row.Count)))
        {
            BinaryPrimitives.WriteInt32LittleEndian(four, number);
            hash.AppendData(four);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{rows.Count} × tokens {Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}");
    }
}
