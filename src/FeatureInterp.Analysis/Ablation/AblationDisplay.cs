using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>How an ablation is drawn: a ranking, the change of each answer token, the layers' response, and texts with their grids.</summary>
internal static class AblationDisplay
{
    private const int RowsShown = 30;
    private const int BarsShown = 20;
    private const int TokensShown = 64;
    private const int NamesShown = 40;
    private const int HydraShown = 8;

    public static IDisplay Draw(AblationResult result)
    {
        AblatedAnswer[] ranked = [.. result.Ranked.Where(l => l.Fires)];
        AblatedAnswer[] strongest = [.. ranked.OrderByDescending(l => Math.Abs(l.Effect)).Take(BarsShown).OrderBy(l => l.Effect)];
        AblatedAnswer[] closer = [.. ranked.Where(l => l.Response is not null)];
        return new DisplayStack(
            result.Lines.Count == 1 ? $"Ablation of {Name(result.Lines[0])}" : $"{result.Lines.Count} ablations",
            [
                new Paragraph(Explain(result)),
                Answers(result),
                .. strongest.Length == 0 ? [] : (IDisplay[])[Bars(strongest), Ranking(ranked), Tokens(result, strongest)],
                .. Hydra(ranked),
                .. closer.Length == 0 ? [] : Responses(closer),
                .. AblationTexts.Draw(result, ranked),
                .. result.Silent.Count == 0 ? [] : (IDisplay[])[new Paragraph(Silent(result))],
                result.Provenance.ToTable(),
            ]);
    }

    internal static string Name(AblatedAnswer line) => line.Features switch
    {
        [var one] => $"feature {one}",
        { Count: <= 5 } few => "features " + string.Join(", ", few),
        var many => $"{many.Count} features from {many[0]} on",
    };

    private static string Explain(AblationResult result)
    {
        var where = (result.Options.OnPrompt, result.Options.OnAnswer) switch { (true, false) => " of the prompt", (false, true) => " of the answer", _ => "" };
        var text = $"Features of {result.Provenance.Sae} at {result.Provenance.Hook} are set to zero at {result.Options.Positions}{where}, {(result.Options.ErrorTerm ? "with" : "without")} the error term. "
            + "The effect is the change of ln p(answer) from the model that has the SAE and nothing ablated, in nats: below 0, the features help the answer. A small effect does not say that a feature is not used. "
            + "Greedy: whether a greedy text is the answer; if not, first other is the first answer token that it leaves out. Rank: the largest rank of an answer token, 0 for the most probable. Total, direct and later: the change of the answer's margin in logits, that with no later layer responding, and what later layers add.";
        if (result.Lines.Count < result.Active.Count && result.Lines.All(l => l.Features.Count == 1))
            text += $" {result.Active.Count} features fire here; {result.Lines.Count} of them or others were tried.";
        return result.IsComplete ? text : text + " The work was cancelled before everything was done.";
    }

    private static Table Answers(AblationResult result) => new(
        ["", new TableColumn("ln p(answer)", format: "0.0000"), "greedy", "first other", "largest rank", "weakest token", new TableColumn("its ln p", format: "0.0000")],
        [Row("the model", result.Clean), Row(result.Options.ErrorTerm ? "with the SAE and its error term" : "on the SAE's reconstruction", result.Reference)],
        "The answer with nothing ablated");

    private static Cell[] Row(string name, AnswerScore score) =>
        [name, score.LogProbability, score.IsGreedy ? "yes" : "no", score.FirstMiss is { } miss ? $"{miss} {score.Tokens[miss].Text}" : "", score.WorstRank, score.Weakest.Text, score.Weakest.LogProbability];

    private static Figure Bars(AblatedAnswer[] lines) => new(
        "Effect on ln p(answer)", [new BarTrace("", [.. lines.Select(Name)], [.. lines.Select(l => l.Effect)], horizontal: true)], new Axis("nats"));

    private static Table Ranking(AblatedAnswer[] ranked) => new(
        ["feature", new TableColumn("effect", format: "0.0000"), "greedy", "first other", "rank", "fires", new TableColumn("max f", format: "0.00"), new TableColumn("total", format: "0.00"), new TableColumn("direct", format: "0.00"), new TableColumn("later", format: "0.00")],
        [.. ranked.Select(l => (Cell[])
        [
            l.Features is [var one] ? one : Name(l), l.Effect, l.Score.IsGreedy ? "yes" : "no", l.Score.FirstMiss is { } miss ? $"{miss} {l.Score.Tokens[miss].Text}" : "", l.Score.WorstRank, l.FiresAt, l.MaxActivation,
            l.Total, l.Direct, l.Later,
        ])],
        "By effect, in nats, the most harmful to the answer first", RowsShown);

    private static Figure Tokens(AblationResult result, AblatedAnswer[] lines) => new(
        "Change of each answer token's ln p",
        [new HeatMapTrace(
            "nats",
            [.. result.Reference.Tokens.Take(TokensShown).Select(t => t.Text)],
            [.. lines.Select(Name)],
            [.. lines.Select(l => (IReadOnlyList<double>)[.. l.Score.Tokens.Zip(result.Reference.Tokens, (a, b) => a.LogProbability - b.LogProbability).Take(TokensShown)])])],
        new Axis(result.Reference.Tokens.Count > TokensShown ? $"the first {TokensShown} of {result.Reference.Tokens.Count} answer tokens" : "answer token"));

    // Those whose direct effect hurts the answer and whose total effect hurts it less.
    private static IEnumerable<IDisplay> Hydra(AblatedAnswer[] ranked)
    {
        AblatedAnswer[] restored = [.. ranked.Where(l => l.Direct < 0 && l.Later > 0).OrderByDescending(l => Math.Min(l.Later, -l.Direct)).Take(HydraShown)];
        if (restored.Length == 0)
            yield break;
        yield return new Table(
            ["ablated", new TableColumn("direct, logits", format: "0.00"), new TableColumn("later layers", format: "0.00"), new TableColumn("total", format: "0.00"), new TableColumn("restored", format: "0 %")],
            [.. restored.Select(l => (Cell[])[Name(l), l.Direct, l.Later, l.Total, l.Later / -l.Direct])],
            "Where later layers restore most of what was taken (hydra effect)");
    }

    private static IEnumerable<IDisplay> Responses(AblatedAnswer[] lines)
    {
        var points = lines[0].Response!.Layers;
        yield return new Figure(
            "How later layers respond",
            [.. lines.Select(l => new LineTrace(Name(l), [.. points.Select((_, k) => (double)k)], [.. l.Response!.Layers.Select(e => e.Effect)], [.. points.Select(p => p.Point)]))],
            new Axis("the change of the residual stream up to", Categories: [.. points.Select(p => p.Point.Replace("blocks.", "", StringComparison.Ordinal).Replace("hook_", "", StringComparison.Ordinal))]),
            new Axis("logits"));
        yield return new Paragraph(
            "Here the effect is the change of the answer's margin: over its tokens, the sum of the token's logit minus the largest other logit. The first point is the direct effect: what was taken is missing from the last residual stream where the answer is predicted, and every later layer does as if nothing had happened. The last point is the total effect. "
            + "A line that climbs back to 0 shows layers that make up for the ablation (the hydra effect); one that falls, an effect that mostly goes through later layers, among it all that was taken at earlier positions.");
    }

    private static string Silent(AblationResult result)
    {
        string[] names = [.. result.Silent.Select(l => string.Join(" + ", l.Features.Select(f => f.ToString(CultureInfo.InvariantCulture))))];
        return $"Of what was asked for, these never fire here: {string.Join(", ", names.Take(NamesShown))}{(names.Length > NamesShown ? ", …" : "")}. To set them to zero changes nothing.";
    }
}
