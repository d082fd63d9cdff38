using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>An ablation as JSON.</summary>
internal static class AblationJson
{
    /// <summary>Prompt, answer, options, the answer with nothing ablated, and every line in the order asked for.</summary>
    public static JsonObject Of(AblationResult result) => new()
    {
        ["prompt"] = result.PromptText,
        ["prompt_tokens"] = ResultJson.Numbers(result.Prompt),
        ["answer_tokens"] = ResultJson.Numbers(result.Reference.Tokens.Select(t => t.Token)),
        ["answer_token_texts"] = ResultJson.Texts(result.Reference.Tokens.Select(t => t.Text)),
        ["options"] = new JsonObject
        {
            ["positions"] = result.Options.Positions.ToString(),
            ["on_prompt"] = result.Options.OnPrompt,
            ["on_answer"] = result.Options.OnAnswer,
            ["error_term"] = result.Options.ErrorTerm,
            ["max_features"] = result.Options.MaxFeatures,
            ["details"] = result.Options.Details,
            ["new_tokens"] = result.Options.NewTokens,
        },
        ["active_features"] = ResultJson.Numbers(result.Active),
        ["clean"] = Unchanged(result.Clean, result.CleanText),
        ["reference"] = Unchanged(result.Reference, result.ReferenceText),
        ["lines"] = ResultJson.Each(result.Lines, Line),
    };

    private static JsonObject Unchanged(AnswerScore score, string? text)
    {
        var written = Score(score);
        Text(written, text);
        return written;
    }

    private static JsonObject Line(AblatedAnswer line)
    {
        var written = new JsonObject
        {
            ["features"] = ResultJson.Numbers(line.Features),
            ["fires_at"] = line.FiresAt,
            ["max_activation"] = ResultJson.Number(line.MaxActivation),
            ["effect"] = ResultJson.Number(line.Effect),
            ["total"] = ResultJson.Number(line.Total),
            ["direct"] = ResultJson.Number(line.Direct),
            ["later"] = ResultJson.Number(line.Later),
            ["score"] = Score(line.Score),
        };
        Text(written, line.Text);
        if (line.Response is { } response)
            written["response"] = ResultJson.Each(response.Layers, l => new JsonObject { ["point"] = l.Point, ["effect"] = ResultJson.Number(l.Effect), ["share"] = ResultJson.Number(l.Share) });
        return written;
    }

    private static JsonObject Score(AnswerScore score) => new()
    {
        ["log_probability"] = ResultJson.Number(score.LogProbability),
        ["margin"] = ResultJson.Number(score.Margin),
        ["is_greedy"] = score.IsGreedy,
        ["first_miss"] = score.FirstMiss,
        ["worst_rank"] = score.WorstRank,
        ["token_log_probabilities"] = ResultJson.Numbers(score.Tokens.Select(t => t.LogProbability)),
        ["token_ranks"] = ResultJson.Numbers(score.Tokens.Select(t => t.Rank)),
        ["token_margins"] = ResultJson.Numbers(score.Tokens.Select(t => t.Margin)),
    };

    // A text, and the grid in it, where there are such.
    private static void Text(JsonObject written, string? text)
    {
        if (text is null)
            return;
        written["text"] = text;
        if (GridText.Find(text) is { } grid)
            written["grid"] = new JsonObject { ["rows"] = ResultJson.Each(grid.Rows, row => ResultJson.Numbers(row)), ["is_whole"] = grid.IsWhole };
    }
}
