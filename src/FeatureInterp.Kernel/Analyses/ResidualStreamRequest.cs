using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="ResidualStream"/> as a request: its parts, and what they add to a logit.</summary>
internal static class ResidualStreamRequest
{
    private enum Parts
    {
        Accumulated, Sublayers, Heads, Everything,
    }

    public static AnalysisKind Kind { get; } = new("residual-stream", "What each layer, sublayer or head writes, and what that does to an answer's logit.", """
        model: talegrid-6m
        prompts: The king was so angry that

        parts: sublayers              # accumulated, heads, everything
        # layer: 4                    # the stream that enters this block; the model's end when left out
        positions: last               # or all, or numbers, negative ones from the end

        # With an answer: what each part adds to its logit, less that of the other. Without: how long each part is.
        answer: " he"
        other: " she"
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, prompts) = (request.Need("model", ModelRequest.Of), request.Need("prompts", PromptRequest.Several));
        var parts = request.Or("parts", v => v.Choice(("accumulated", Parts.Accumulated), ("sublayers", Parts.Sublayers), ("heads", Parts.Heads), ("everything", Parts.Everything)), Parts.Sublayers);
        var layer = request.Or<int?>("layer", v => v.Int(), null);
        var at = request.Or("positions", v => v.Positions(), PositionSlice.Last);
        var (answer, other) = (request.Or<TokenChoice?>("answer", v => v.Tokens(), null), request.Or<TokenChoice?>("other", v => v.Tokens(), null));
        if (answer is null && other is not null)
            throw new RequestException("'other' is taken from the logit of 'answer', which is missing; give both, or neither.");
        return run =>
        {
            var loaded = model.Load();
            var stream = ResidualStream.Run(loaded, Array.ConvertAll(prompts, p => p.Tokens(loaded)), cancellation: run.Cancellation);
            var stack = parts switch
            {
                Parts.Accumulated => stream.Accumulated(layer, at: at),
                Parts.Heads => stream.HeadResults(layer, inclRemainder: true, throughPostNorm: true, at: at, cancellation: run.Cancellation),
                Parts.Everything => stream.Full(layer, throughPostNorm: true, at: at, cancellation: run.Cancellation),
                _ => stream.Decompose(layer, at: at),
            };
            return answer is null ? Lengths(stack) : Attribution(stream.LogitAttributions(stack, answer, other));
        };
    }

    private static AnalysisOutcome Lengths(ResidualStack stack) => new(stack, Saver(stack.Name, stack.Labels, stack.Positions, stack.TokenTexts, stack.Provenance, "lengths", p => ResultJson.Each(
        Enumerable.Range(0, stack.Labels.Count),
        c => ResultJson.Numbers(Enumerable.Range(0, stack.Positions[p].Count).Select(i => Math.Sqrt(stack[p][c].Row(i).ToArray().Sum(v => (double)v * v)))))));

    private static AnalysisOutcome Attribution(LogitAttribution attribution) =>
        new(attribution, Saver(attribution.Name, attribution.Labels, attribution.Positions, attribution.TokenTexts, attribution.Provenance, "logits", p => ResultJson.Of(attribution[p])));

    // For each prompt [part, pos].
    private static Action<string, JsonObject> Saver(
        string name, IReadOnlyList<string> labels, IReadOnlyList<IReadOnlyList<int>> positions, IReadOnlyList<IReadOnlyList<string>> texts, Provenance provenance, string values, Func<int, JsonArray> of) =>
        ResultJson.Saver(Kind.Name, true, provenance, new JsonObject
        {
            ["name"] = name,
            ["parts"] = ResultJson.Texts(labels),
            ["prompts"] = ResultJson.Each(Enumerable.Range(0, positions.Count), p => new JsonObject
            {
                ["positions"] = ResultJson.Numbers(positions[p]),
                ["token_texts"] = ResultJson.Texts(texts[p]),
                [values] = of(p),
            }),
        });
}
