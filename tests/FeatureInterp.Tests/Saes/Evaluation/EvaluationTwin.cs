using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>
/// The metrics of an evaluation written down once more from their definitions, in double and one token at a time: every row is run
/// alone and whole, the SAE is its twin, and every mean is taken over a list of all its values.
/// </summary>
internal sealed class EvaluationTwin
{
    private readonly List<Token> _tokens = [];

    /// <summary>Runs all rows.</summary>
    public EvaluationTwin(Transformer model, TinySae sae, int[][] rows, int batchRows, int[]? excluded = null, double scale = 1)
    {
        var twin = new SaeTwin(sae);
        var (input, hook) = (sae.Shape.Hook, sae.Shape.IsTranscoder ? "blocks.1.hook_mlp_out" : sae.Shape.Hook);
        for (var r = 0; r < rows.Length; r++)
        {
            var tokens = rows[r];
            var clean = model.Run(tokens, capture: new HookSelection(input, hook));
            var x = Rows(clean.Activations[hook][0]);
            var steps = twin.RunText([.. Rows(clean.Activations[input][0]).Select(row => row.Select(v => v * scale).ToArray())]);
            double[][] output = [.. steps.Select(s => s.Output.Select(v => v / scale).ToArray())];
            var counts = Array.ConvertAll(tokens, t => excluded?.Contains(t) != true);
            var put = Hook.Change(hook, value =>
            {
                for (var t = 0; t < tokens.Length; t++)
                {
                    for (var i = 0; counts[t] && i < x[t].Length; i++)
                        value.Span[t * x[t].Length + i] = (float)output[t][i];
                }
            });
            var spliced = Logs(model.Run(tokens, edit: [put]).Logits[0]);
            var zeroed = Logs(model.Run(tokens, edit: [Hook.Zero(hook)]).Logits[0]);
            var alone = Logs(clean.Logits[0]);
            for (var t = 0; t < tokens.Length; t++)
            {
                var next = t + 1 < tokens.Length ? tokens[t + 1] : -1;
                _tokens.Add(new Token(r, r / batchRows, counts[t], x[t], output[t], steps[t].Acts)
                {
                    CeClean = next < 0 ? null : -alone[t][next],
                    CeSae = next < 0 ? null : -spliced[t][next],
                    CeZero = next < 0 ? null : -zeroed[t][next],
                    KlSae = Divergence(alone[t], spliced[t]),
                    KlZero = Divergence(alone[t], zeroed[t]),
                });
            }
        }

        Counted = [.. _tokens.Where(t => t.Counts)];
    }

    private sealed record Token(int Row, int Batch, bool Counts, double[] X, double[] Output, double[] Acts)
    {
        public double? CeClean { get; init; }

        public double? CeSae { get; init; }

        public double? CeZero { get; init; }

        public double KlSae { get; init; }

        public double KlZero { get; init; }

        public double Error => X.Zip(Output, (a, b) => (a - b) * (a - b)).Sum();

        public double Dot => X.Zip(Output, (a, b) => a * b).Sum();

        public double NormIn => Math.Sqrt(X.Sum(v => v * v));

        public double NormOut => Math.Sqrt(Output.Sum(v => v * v));
    }

    private Token[] Counted { get; }

    public double CeClean => Counted.Where(t => t.CeClean is not null).Average(t => t.CeClean!.Value);

    public double CeSae => Counted.Where(t => t.CeSae is not null).Average(t => t.CeSae!.Value);

    public double CeZero => Counted.Where(t => t.CeZero is not null).Average(t => t.CeZero!.Value);

    public double KlSae => Counted.Average(t => t.KlSae);

    public double KlZero => Counted.Average(t => t.KlZero);

    public double Mse => Counted.Average(t => t.Error);

    public double Cosine => Counted.Average(t => t.Dot / (t.NormIn * t.NormOut));

    public double NormIn => Counted.Average(t => t.NormIn);

    public double NormOut => Counted.Average(t => t.NormOut);

    public double NormRatio => Counted.Average(t => t.NormOut / t.NormIn);

    public double Bias => Counted.GroupBy(t => t.Batch).Average(b => b.Average(t => t.NormOut * t.NormOut) / b.Average(t => t.Dot));

    public double L0 => Counted.Average(t => (double)t.Acts.Count(a => a != 0));

    public double L1 => Counted.Average(t => t.Acts.Sum(Math.Abs));

    public double ExplainedVariance => 1 - Mse / Spread(Counted);

    public double Legacy => Counted.GroupBy(t => t.Batch).SelectMany(b =>
    {
        var mean = Mean([.. b]);
        return b.Select(t => 1 - t.Error / t.X.Zip(mean, (v, m) => (v - m) * (v - m)).Sum());
    }).Average();

    public long Fired(int feature) => Counted.Count(t => t.Acts[feature] != 0);

    public int RowsFired(int feature) => Counted.Where(t => t.Acts[feature] != 0).Select(t => t.Row).Distinct().Count();

    private static double Spread(Token[] tokens)
    {
        var mean = Mean(tokens);
        return tokens.Average(t => t.X.Zip(mean, (v, m) => (v - m) * (v - m)).Sum());
    }

    private static double[] Mean(Token[] tokens) => [.. Enumerable.Range(0, tokens[0].X.Length).Select(i => tokens.Average(t => t.X[i]))];

    private static double[][] Rows(Tensor value) => [.. Enumerable.Range(0, value.Shape[0]).Select(t => Array.ConvertAll(value[t].Memory.ToArray(), v => (double)v))];

    private static double[][] Logs(Tensor logits) => [.. Rows(logits).Select(row =>
    {
        var total = Math.Log(row.Sum(Math.Exp));
        return row.Select(v => v - total).ToArray();
    })];

    private static double Divergence(double[] p, double[] q) => p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum();
}
