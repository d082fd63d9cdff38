using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Runs the patches of one layer, several at a time.</summary>
internal sealed class PatchRunner(Transformer model, LogitsAt reads, Func<Tensor, int, double> measure, long maxBytes, CancellationToken cancellation)
{
    /// <summary>The metric of each patch.</summary>
    /// <param name="corrupted">The corrupted run, standing before the patched layer.</param>
    /// <param name="point">What is patched.</param>
    /// <param name="clean">The clean run's value there.</param>
    /// <param name="patches">The patches.</param>
    /// <param name="values">Receives the metrics.</param>
    /// <param name="done">Told the share of these patches that is done.</param>
    public void Run(PatchStream corrupted, HookPoint point, Activation clean, IReadOnlyList<Patch> patches, Span<float> values, Action<double> done)
    {
        var prompts = corrupted.Tokens.Length;
        var together = Math.Min(patches.Count, PatchesTogether(corrupted.Tokens, point.Site));
        var rows = Tensor.Uninitialized(together * corrupted.Rows.Shape[0], model.Config.DModel);
        for (int first = 0, count; first < patches.Count; first += count)
        {
            count = Math.Min(together, patches.Count - first);
            var size = corrupted.Rows.Length;
            for (var i = 0; i < count; i++)
                corrupted.Rows.Span.CopyTo(rows.Span.Slice(i * size, size));
            var from = first;
            var edit = new Edit(point.ToString(), value =>
            {
                for (var p = 0; p < value.Count; p++)
                    patches[from + p / prompts].Copy(clean[p % prompts], value[p], point.Site == HookSite.Pattern);
            });
            var tokens = Enumerable.Repeat(corrupted.Tokens, count).SelectMany(t => t).ToArray();
            var run = model.Run(tokens, edit: [edit], startAtLayer: point.Layer, residual: rows.Rows(0, count * corrupted.Rows.Shape[0]), logits: reads, cancellation: cancellation);
            for (var i = 0; i < count; i++)
                values[first + i] = (float)Mean(run, i * prompts, prompts);
            done((first + count) / (double)patches.Count);
        }
    }

    /// <summary>The metric of a run that stands behind the last layer.</summary>
    public double Plain(PatchStream stream)
    {
        var run = model.Run(stream.Tokens, startAtLayer: stream.Layer, residual: stream.Rows, logits: reads, cancellation: cancellation);
        return Mean(run, 0, stream.Tokens.Length);
    }

    private double Mean(RunResult run, int first, int prompts) => Enumerable.Range(0, prompts).Average(p => measure(run.Logits[first + p], p));

    // What a run holds at once: the stream and some copies of it, the widest of a sublayer's values, patterns where they are looked at, logits.
    private int PatchesTogether(int[][] tokens, HookSite site)
    {
        var c = model.Config;
        var wide = Math.Max(3L * c.DMlp, 3L * c.Heads * c.HeadDim + 2L * c.KeyValueHeads * c.HeadDim);
        var row = 6L * c.DModel + wide + (reads == LogitsAt.Every ? c.VocabSize : 0);
        var bytes = tokens.Sum(t => sizeof(float) * ((t.Length * row) + c.VocabSize + (site == HookSite.Pattern ? (long)c.Heads * t.Length * t.Length : 0)));
        return (int)Math.Clamp(maxBytes / bytes, 1, 4096);
    }
}
