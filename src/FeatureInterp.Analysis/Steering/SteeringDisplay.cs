using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>How a steering sweep is drawn: for each prompt and feature a curve, a table, and the texts side by side.</summary>
internal static class SteeringDisplay
{
    // Beyond these the sweep is summed up, not shown text by text.
    private const int GroupsShown = 6;
    private const int TokensShown = 120;

    public static IDisplay Draw(SteeringResult result)
    {
        var groups = Groups(result).ToArray();
        return new DisplayStack(
            result.Features.Count == 1 ? $"Steering along feature {result.Features[0]}" : $"Steering along {result.Features.Count} features",
            [
                new Paragraph(Explain(result)),
                Curves(result, groups),
                Summary(result, groups),
                .. groups.Take(GroupsShown).SelectMany(g => Group(result, g)),
                .. groups.Length > GroupsShown ? (IDisplay[])[new Paragraph($"{groups.Length - GroupsShown} more combinations of prompt and feature are not shown text by text; see Texts.")] : [],
                result.Provenance.ToTable(),
            ]);
    }

    private sealed record Place(int Prompt, int Feature, int Sampling);

    private static IEnumerable<Place> Groups(SteeringResult result) =>
        from prompt in Enumerable.Range(0, result.Prompts.Count)
        from feature in result.Features
        from sampling in Enumerable.Range(0, result.Options.Samplings.Count)
        where result.Of(feature, prompt, sampling).Count > 0
        select new Place(prompt, feature, sampling);

    private static string Explain(SteeringResult result)
    {
        var unit = result.Options.Unit == SteeringUnit.MaxActivation ? "strength · largest activation · W_dec[f]" : "strength · W_dec[f] / ‖W_dec[f]‖";
        var where = (result.Options.OnPrompt, result.Options.OnNewTokens) switch { (true, false) => " of the prompt", (false, true) => " of new tokens", _ => "" };
        var text = $"Added to {result.Provenance.Hook}: {unit}, at {result.Options.Positions}{where}. Tokens that the unsteered text does not have are marked; a stronger background means that the unsteered model finds them less likely. "
            + string.Create(CultureInfo.InvariantCulture, $"A text counts as fallen apart, by rule of thumb, when the unsteered model finds it {result.Options.MaxDrop:0.##} nats a token less likely than the unsteered text, or when it repeats itself by {result.Options.MaxRepetition:0.##} more.");
        return result.IsComplete ? text : text + " The work was cancelled before everything was done.";
    }

    private static Figure Curves(SteeringResult result, Place[] groups) => new(
        "Mean log-probability under the unsteered model",
        [.. groups.Take(GroupsShown).Select(g =>
        {
            SteeredText[] scored = [.. result.Of(g.Feature, g.Prompt, g.Sampling).Where(t => t.UnsteeredLogProbabilities.Count > 0)];
            return new LineTrace(Name(result, g), [.. scored.Select(t => t.Strength)], [.. scored.Select(t => t.MeanLogProbability)], [.. scored.Select(t => Short(t.Text))]);
        })],
        new Axis("strength"),
        new Axis("nats a token"));

    private static Table Summary(SteeringResult result, Place[] groups) => new(
        ["prompt", "feature", "tokens chosen", "strength 1 is", "falls apart below 0 at", "falls apart above 0 at"],
        [.. groups.Select(g =>
        {
            var breaks = result.Breaks(g.Feature, g.Prompt, g.Sampling);
            return (Cell[])[g.Prompt, g.Feature, Sampled(result.Options.Samplings[g.Sampling]), result.Amounts[g.Feature], Strength(breaks.Negative), Strength(breaks.Positive)];
        })],
        "Where texts fall apart (of the strengths tried)");

    private static IEnumerable<IDisplay> Group(SteeringResult result, Place place)
    {
        var texts = result.Of(place.Feature, place.Prompt, place.Sampling);
        yield return new Heading(Name(result, place));
        yield return new Table(
            ["strength", new TableColumn("log p a token", format: "0.00"), new TableColumn("repeats", format: "0.00"), "fallen apart", "text"],
            [.. texts.Select(t => (Cell[])[t.Strength, t.MeanLogProbability, t.Repetition, t.FallsApart ? "yes" : "", t.Marked])]);
        foreach (var text in texts)
            yield return Strip(text);
    }

    // A background only where the text differs; there, the surprise of the unsteered model.
    private static TokenStrip Strip(SteeredText text)
    {
        var values = text.Tokens.Select((_, i) => text.Feature is null || text.IsShared[i] ? 0f
            : text.UnsteeredLogProbabilities.Count > i ? (float)Math.Max(0.05, -text.UnsteeredLogProbabilities[i]) : 1);
        var title = string.Create(CultureInfo.InvariantCulture, $"strength {text.Strength:+0.##;-0.##;0}{(text.Feature is null ? ", unsteered" : "")}{(text.Finished is null ? ", cut short" : "")}");
        return new TokenStrip([.. text.TokenTexts], text.Feature is null ? null : [.. values], title: title, maxTokens: TokensShown);
    }

    private static string Name(SteeringResult result, Place place)
    {
        var name = $"feature {place.Feature}";
        if (result.Prompts.Count > 1)
            name += $", prompt {place.Prompt}";
        return result.Options.Samplings.Count > 1 ? $"{name}, {Sampled(result.Options.Samplings[place.Sampling])}" : name;
    }

    private static string Sampled(Sampling sampling) => sampling.Temperature == 0 ? "greedy" : string.Create(CultureInfo.InvariantCulture, $"temperature {sampling.Temperature:0.##}, seed {sampling.Seed}");

    private static string Strength(double? strength) => strength?.ToString("+0.##;-0.##", CultureInfo.InvariantCulture) ?? "";

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
