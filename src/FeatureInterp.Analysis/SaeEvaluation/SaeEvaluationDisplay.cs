using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>How an evaluation is drawn.</summary>
internal static class SaeEvaluationDisplay
{
    private const int FeaturesNamed = 12;

    public static IDisplay Draw(SaeEvaluationResult result)
    {
        var m = result.Metrics;
        return new DisplayStack(
            $"Evaluation of {result.Provenance.Sae} in {result.Provenance.Model}",
            [
                new Paragraph(string.Create(CultureInfo.InvariantCulture, $"{m.Rows} rows, {m.Tokens} tokens of {result.Text}{(m.CountedTokens < m.Tokens ? $", of which {m.CountedTokens} count" : "")}, in batches of {result.Options.BatchRows} rows.")),
                Downstream(m),
                Reconstruction(m),
                result.DensityHistogram,
                Features(m.Features, result.Options.DenseAbove),
                result.Provenance.ToTable(),
            ]);
    }

    private static Table Downstream(SaeMetrics m) => new(
        ["what the model loses", "model alone", "with the SAE", "with zeros", "score"],
        [
            ["cross-entropy (nats a token)", m.CeLossWithoutSae, m.CeLossWithSae, m.CeLossWithAblation, m.CeLossScore],
            ["KL from the model alone", 0.0, m.KlDivWithSae, m.KlDivWithAblation, m.KlDivScore],
        ]);

    private static Table Reconstruction(SaeMetrics m) => new(
        ["reconstruction", ""],
        [
            Row("explained variance", m.ExplainedVariance, "F4"),
            Row("explained variance, older definition", m.ExplainedVarianceLegacy, "F4"),
            Row("features a token (L0)", m.L0, "F2"),
            Row("sum of features (L1)", m.L1, "F2"),
            Row("squared error", m.Mse, "G5"),
            Row("cosine", m.CosineSimilarity, "F4"),
            Row("norm of the input", m.L2NormIn, "G5"),
            Row("norm of the reconstruction", m.L2NormOut, "G5"),
            Row("ratio of the norms", m.L2Ratio, "F4"),
            Row("relative reconstruction bias", m.RelativeReconstructionBias, "F4"),
        ]);

    private static Table Features(SaeFeatureMetrics f, double denseAbove) => new(
        ["features", "how many", "which"],
        [
            ["dead (never fire here)", f.Dead.Count, Named(f.Dead)],
            [string.Create(CultureInfo.InvariantCulture, $"dense (on more than {100 * denseAbove:0.#} % of the tokens)"), f.Dense.Count, Named(f.Dense)],
        ]);

    private static string Named(IReadOnlyList<int> features) =>
        string.Join(", ", features.Take(FeaturesNamed).Select(f => f.ToString(CultureInfo.InvariantCulture))) + (features.Count > FeaturesNamed ? ", …" : "");

    private static Cell[] Row(string name, double value, string format) => [name, value.ToString(format, CultureInfo.InvariantCulture)];
}
