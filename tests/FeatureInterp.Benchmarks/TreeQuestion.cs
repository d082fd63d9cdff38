using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>A definition tree beside the multitool's way on the same kernels, the whole prompt anew for each node, and beside our own with one leaf a run.</summary>
internal static class TreeQuestion
{
    private const int Repetitions = 7;

    public static Report Answer()
    {
        var report = new Report("feature", "nodes", "whole prompt a node, ms", "one leaf a run, ms", "ours, ms", "÷ whole prompt", "÷ one leaf a run");
        var (model, sae) = (Transformer.Load("talegrid-6m"), SparseAutoencoder.Load("talegrid-6m-res-l3"));
        Workers.SetCount(1);
        foreach (var feature in new[] { 754, 1754 })
        {
            var options = new DefinitionTreeOptions { Cutoff = 1e-3 };
            var tree = DefinitionTree.Run(model, sae, feature, options);
            if (Whole(model, tree, options) != tree.Root.Count)
                throw new InvalidOperationException("The whole prompt anew gives another tree.");
            var times = new Paired(Repetitions, processorTime: true)
                .Add("whole", 1, () => Whole(model, tree, options))
                .Add("single", 1, () => DefinitionTree.Run(model, sae, feature, options with { LeavesAtOnce = 1 }))
                .Add("ours", 1, () => DefinitionTree.Run(model, sae, feature, options))
                .Run(1);
            report.Row($"{feature}", $"{tree.Root.Count}", Number(1000 / times.Rate("whole"), 0), Number(1000 / times.Rate("single"), 0), Number(1000 / times.Rate("ours"), 0),
                Number(times.Ratio("ours", "whole")) + "×", Number(times.Ratio("ours", "single")) + "×");
        }

        Workers.SetCount(0);
        report.Note($"One thread, processor time; cutoff 1e-3, five branches, {new DefinitionTreeOptions().LeavesAtOnce} leaves at once; medians of {Repetitions} repetitions in which all take turns, ratios within a repetition. The number of nodes is the same (checked).");
        return report;
    }

    // The number of nodes; each node that may have children is a run of the prompt and its path.
    private static int Whole(Transformer model, DefinitionTreeResult tree, DefinitionTreeOptions options)
    {
        var placeholder = tree.Options.Placeholder!.Value;
        Edit[] ghost = [model.Embedding.Put([.. tree.Ghost.Row.Select(v => (float)v)], [.. tree.GhostPositions])];
        int[] prompt = [.. tree.PromptTokens];
        return Grow([], 1);

        int Grow(int[] path, double probability)
        {
            if (path.Length >= tree.Options.MaxDepth)
                return 0;
            var logits = model.Run((int[])[.. prompt, .. path], edit: ghost, logits: LogitsAt.Last).LastLogits();
            logits.Span[placeholder] = float.NegativeInfinity;
            var normalizer = (double)Kernels.LogSumExp(logits.Span);
            var values = logits.Span.ToArray();
            int[] ids = [.. Enumerable.Range(0, values.Length)];
            Array.Sort([.. values.Select(v => -v)], ids);
            var count = 0;
            foreach (var id in ids.AsSpan(0, options.Branches))
            {
                var child = probability * Math.Exp(values[id] - normalizer);
                if (child >= options.Cutoff)
                    count += 1 + Grow([.. path, id], child);
            }

            return count;
        }
    }
}
