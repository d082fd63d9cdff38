using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="SteeringSweep"/> as a request. An interrupted sweep leaves its texts in the folder; the same request goes on from them.</summary>
internal static class SteeringRequest
{
    private const string StateName = "steering.state.json";

    public static AnalysisKind Kind { get; } = new("steering", "What becomes of a text when a feature's direction is added, at several strengths.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3

        # A list of prompts; each a text, a list of token ids, or one of {text: …}, {file: FILE.txt}, {arc: TASK}, {chat: MESSAGE}, {tokens: [2, 15, 7]}.
        prompts: [{arc: e9afcf9a}]
        features: [1754, 1478]
        strengths: [-4, -2, -1, 1, 2, 4]

        # A strength of 1 adds max-activation · W_dec[f], or with decoder-norm a vector of length 1.
        unit: max-activation
        # The largest activations: one of {over: CORPUS}, {from: TABLE.json} (the result of top-activations) and {values: {1754: 21.5}}.
        # Left out, they are measured on the prompts.
        max_activations: {over: {prompts: [{arc: e9afcf9a}, {arc: c9e6f938}, {arc: 6150a2bd}]}}

        new_tokens: 40
        # samplings: [{temperature: 0}, {temperature: 0.8, top_p: 0.7, seed: 1}]    # greedy alone when left out; also top_k, frequency_penalty, repetition_penalty
        positions: all                # or last, or a list of positions
        on_prompt: true
        on_new_tokens: true
        stop_at_eos: true
        max_drop: 1.5                 # a text so many nats a token less likely than the unsteered one counts as fallen apart,
        max_repetition: 0.5           # and one that repeats itself by so much more
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, sae) = (request.Need("model", ModelRequest.Of), request.Need("sae", SaeRequest.Of));
        var prompts = request.Need("prompts", PromptRequest.Several);
        var (features, strengths) = (request.Need("features", v => v.Ints()), request.Need("strengths", v => v.Each(s => s.Number())));
        var maxima = request.Or<Maxima?>("max_activations", v => v.Map(map => map.OneOf<Maxima>(("over", Over), ("from", From), ("values", Values))), null);
        var options = Options(request);
        return run =>
        {
            var loaded = model.Load();
            var fitted = sae.Load(loaded);
            var kept = options with { MaxActivations = maxima?.Invoke(loaded, fitted, features, run), Resume = true };
            var (tokens, progress) = (Array.ConvertAll(prompts, p => p.Tokens(loaded)), run.Progress<SteeringProgress>());
            var result = run.GoOn(StateName, state => SteeringSweep.Run(loaded, fitted, tokens, features, strengths, kept with { StateFile = state }, null, progress, run.Cancellation));
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, result.IsComplete, result.Provenance, Json(result)), result.IsComplete) { State = run.State };
        };
    }

    private delegate IReadOnlyDictionary<int, double> Maxima(Transformer model, SparseAutoencoder sae, int[] features, AnalysisRun run);

    private static SteeringOptions Options(RequestMap request)
    {
        var d = new SteeringOptions();
        return d with
        {
            Unit = request.Or("unit", v => v.Choice(("max-activation", SteeringUnit.MaxActivation), ("decoder-norm", SteeringUnit.DecoderNorm)), d.Unit),
            NewTokens = request.Or("new_tokens", v => v.Int(), d.NewTokens),
            Samplings = request.Or("samplings", v => v.Each(s => s.Map(Sampling)), d.Samplings),
            Positions = request.Or("positions", InterventionRequest.Positions, d.Positions),
            OnPrompt = request.Or("on_prompt", v => v.Flag(), d.OnPrompt),
            OnNewTokens = request.Or("on_new_tokens", v => v.Flag(), d.OnNewTokens),
            StopAtEos = request.Or("stop_at_eos", v => v.Flag(), d.StopAtEos),
            MaxDrop = request.Or("max_drop", v => v.Number(), d.MaxDrop),
            MaxRepetition = request.Or("max_repetition", v => v.Number(), d.MaxRepetition),
            TextsAtOnce = request.Or("texts_at_once", v => v.Int(), d.TextsAtOnce),
        };
    }

    private static Sampling Sampling(RequestMap map) => new()
    {
        Temperature = (float)map.Need("temperature", v => v.Number()),
        TopK = map.Or<int?>("top_k", v => v.Int(), null),
        TopP = (float)map.Or("top_p", v => v.Number(), 1),
        FrequencyPenalty = (float)map.Or("frequency_penalty", v => v.Number(), 0),
        RepetitionPenalty = (float)map.Or("repetition_penalty", v => v.Number(), 1),
        Seed = map.Or("seed", v => v.Long(), 0),
    };

    private static Maxima Over(RequestValue value)
    {
        var corpus = CorpusRequest.Of(value);
        return (model, sae, features, run) => MaxActivation.Over(model, sae, corpus.Rows(model), features, progress: run.Progress<CorpusProgress>(), cancellation: run.Cancellation);
    }

    private static Maxima From(RequestValue value)
    {
        var path = value.Text();
        return (_, _, _, _) => MaxActivation.Of(TopActivationsResult.Load(path));
    }

    private static Maxima Values(RequestValue value)
    {
        var values = value.Map(map => map.All().ToDictionary(
            e => int.TryParse(e.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var feature) ? feature : throw e.Value.Not("a feature's number as key"), e => e.Value.Number()));
        return (_, _, _, _) => values;
    }

    private static JsonObject Json(SteeringResult result) => new()
    {
        ["prompts"] = ResultJson.Texts(result.PromptTexts),
        ["features"] = ResultJson.Each(result.Features, f => new JsonObject
        {
            ["feature"] = f,
            ["amount"] = ResultJson.Number(result.Amounts[f]),
            ["breaks"] = ResultJson.Each(
                from p in Enumerable.Range(0, result.Prompts.Count)
                from s in Enumerable.Range(0, result.Options.Samplings.Count)
                select (p, s, result.Breaks(f, p, s)),
                b => new JsonObject { ["prompt"] = b.p, ["sampling"] = b.s, ["negative"] = b.Item3.Negative, ["positive"] = b.Item3.Positive }),
        }),
        ["strengths"] = ResultJson.Numbers(result.Strengths),
        ["unit"] = result.Options.Unit == SteeringUnit.MaxActivation ? "max-activation" : "decoder-norm",
        ["texts"] = ResultJson.Each(result.Texts, t => new JsonObject
        {
            ["prompt"] = t.Prompt,
            ["feature"] = t.Feature,
            ["strength"] = t.Strength,
            ["sampling"] = t.Sampling,
            ["text"] = t.Text,
            ["marked"] = t.Marked,
            ["is_complete"] = t.IsComplete,
            ["falls_apart"] = t.FallsApart,
            ["repetition"] = ResultJson.Number(t.Repetition),
            ["mean_log_probability"] = ResultJson.Number(t.MeanLogProbability),
            ["tokens"] = ResultJson.Numbers(t.Tokens),
            ["token_texts"] = ResultJson.Texts(t.TokenTexts),
            ["log_probabilities"] = ResultJson.Numbers(t.LogProbabilities),
            ["unsteered_log_probabilities"] = ResultJson.Numbers(t.UnsteeredLogProbabilities),
        }),
    };
}
