using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>Keeps where a pass for the largest activations stands in a file, and tells which rows an earlier run has done.</summary>
/// <param name="options">The choices; they name the file.</param>
/// <param name="subject">What is passed over and how: a pass goes on only from a state of the same.</param>
/// <param name="corpus">What the corpus is called.</param>
/// <param name="soFar">What was found by now.</param>
internal sealed class ActivationState(TopActivationsOptions options, string subject, string corpus, Func<bool, TopActivationsResult> soFar)
{
    private static readonly TimeSpan LeastBetweenSaves = TimeSpan.FromSeconds(30);

    private readonly Stopwatch _sinceSave = Stopwatch.StartNew();
    private TimeSpan _saving;
    private string _hash = "";           // over the rows seen
    private string _wanted = "";         // over those that are done
    private int _toSkip;
    private int _done;

    /// <summary>All that changes a number.</summary>
    public static string Subject(Transformer model, SparseAutoencoder sae, TokenRows corpus, TopActivationsOptions o) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sae.Name} {sae.WeightsHash} at {sae.Config.Hook} in {model.Name} {model.WeightsHash} ({string.Join(", ", model.Flags.Select(f => $"{f.Key}: {f.Value}"))}) on {corpus.Name}, features {(o.Features is { } f ? string.Join(' ', f) : "all")}, {o.Examples} examples{(o.OnePerRow ? ", one a row" : "")}, rows of {o.RowLength}, batches of {o.BatchTokens}, context {o.Before} and {o.After}, special tokens {(o.ExcludeSpecialTokens ? "out" : "in")}");

    /// <summary>What an earlier run found; null when there is no file.</summary>
    /// <param name="features">How many features it has to have.</param>
    /// <param name="vocabulary">How many tokens the model knows.</param>
    /// <exception cref="AnalysisException">The file is damaged, or of another pass.</exception>
    public TopActivationsResult? Load(int features, int vocabulary)
    {
        if (!File.Exists(Path))
            return null;
        var (result, hash) = TopActivationsFile.LoadState(Path, subject);
        if (result.Features.Count != features || result.Rows < 1 || result.Features.Any(f => f.Examples.Any(e => e.Tokens.Any(t => (uint)t >= (uint)vocabulary))
            || (f.Histogram.Counts.Count > 0 && (!double.IsNormal(f.Histogram.BinWidth) || Math.ScaleB(1, Math.ILogB(f.Histogram.BinWidth)) != f.Histogram.BinWidth))))
            throw new AnalysisException($"{Path}: this is no state of a pass over these features; delete it and begin anew.");
        (_toSkip, _wanted, _done) = (result.Rows, hash, result.Rows);
        return result;
    }

    /// <summary>Whether an earlier run has done the next rows.</summary>
    /// <exception cref="AnalysisException">It has done other rows.</exception>
    public bool IsDone(int[][] batch)
    {
        _hash = batch.Aggregate(_hash, CooccurrenceState.Hash);
        if (_toSkip == 0)
            return false;
        // States are saved between batches, and batches are made alike every time.
        _toSkip -= batch.Length;
        if (_toSkip < 0 || (_toSkip == 0 && _hash != _wanted))
            throw OtherRows();
        return true;
    }

    /// <summary>Counts rows that were done just now, and writes a state when the last was long ago.</summary>
    public void Done(int[][] batch)
    {
        (_wanted, _done) = (_hash, _done + batch.Length);
        // A table of every feature takes a while to write.
        if (_sinceSave.Elapsed < LeastBetweenSaves || _sinceSave.Elapsed < 20 * _saving)
            return;
        Save();
    }

    /// <summary>Writes what is there when the pass is cancelled.</summary>
    public void Stop()
    {
        if (_done > 0)
            Save();
    }

    /// <summary>Checks, at the end of the corpus, that all rows of the state were in it.</summary>
    /// <exception cref="AnalysisException">There are fewer.</exception>
    public void Finish()
    {
        if (_toSkip > 0)
            throw OtherRows();
    }

    private string Path => options.StateFile!;

    private void Save()
    {
        _sinceSave.Restart();
        TopActivationsFile.SaveState(soFar(false), subject, _wanted, Path);
        _saving = _sinceSave.Elapsed;
        _sinceSave.Restart();
    }

    private AnalysisException OtherRows() => new($"{Path}: the rows that are in this state are not the ones of {corpus}; delete it or give the same text.");
}
