using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="Ablation"/> as a request. An interrupted one leaves its lines in the folder; the same request goes on from them.</summary>
internal static class AblationRequest
{
    private const string StateName = "ablation.state.json";

    public static AnalysisKind Kind { get; } = new("ablation", "What becomes of an answer when features are set to zero, alone or in sets.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3

        # A text, a list of token ids, or one of {text: …}, {file: FILE.txt}, {arc: TASK}, {chat: MESSAGE}, {tokens: [2, 15, 7]}.
        prompt: {arc: e9afcf9a}
        # What should follow, as it follows: a text, a list of token ids, or one of {text: …}, {file: FILE.txt}, {tokens: [15, 7]}.
        answer: "5\nnp.array([[6, 2, 6, 2, 6, 2],\n       [2, 6, 2, 6, 2, 6]])"

        # What is set to zero: features, one at a time, or sets: [[1019, 511], [264, 357]]. Left out, those that fire.
        # features: [1019, 511, 264]
        max_features: 24              # of those that fire, the strongest

        positions: all                # or last, or a list of positions
        on_prompt: true
        on_answer: true
        error_term: true              # whether what the SAE misses is added back
        details: 4                    # for how many the layers' response and the greedy text are worked out
        new_tokens: 40                # of a greedy text; 0 for none
        # lines_at_once: 16           # speed and memory only
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, sae) = (request.Need("model", ModelRequest.Of), request.Need("sae", SaeRequest.Of));
        var (prompt, answer) = (request.Need("prompt", PromptRequest.Of), request.Need("answer", PromptRequest.Answer));
        var (features, sets) = (request.Or<int[]?>("features", v => v.Ints(), null), request.Or<int[][]?>("sets", v => v.Each(s => s.Ints()), null));
        if (features is not null && sets is not null)
            throw new RequestException("'features' are set to zero one at a time, 'sets' together; give one of them (a set may be of one feature).");
        var d = new AblationOptions();
        var options = d with
        {
            Positions = request.Or("positions", InterventionRequest.Positions, d.Positions),
            OnPrompt = request.Or("on_prompt", v => v.Flag(), d.OnPrompt),
            OnAnswer = request.Or("on_answer", v => v.Flag(), d.OnAnswer),
            ErrorTerm = request.Or("error_term", v => v.Flag(), d.ErrorTerm),
            MaxFeatures = request.Or("max_features", v => v.Int(), d.MaxFeatures),
            Details = request.Or("details", v => v.Int(), d.Details),
            NewTokens = request.Or("new_tokens", v => v.Int(), d.NewTokens),
            LinesAtOnce = request.Or("lines_at_once", v => v.Int(), d.LinesAtOnce),
        };
        return run =>
        {
            var loaded = model.Load();
            var (fitted, asked, expected) = (sae.Load(loaded), prompt.Tokens(loaded), answer.Tokens(loaded));
            var progress = run.Progress<AblationProgress>();
            var result = run.GoOn(StateName, state =>
            {
                var kept = options with { StateFile = state, Resume = true };
                return sets is null
                    ? Ablation.Run(loaded, fitted, asked, expected, features, kept, progress, run.Cancellation)
                    : Ablation.RunSets(loaded, fitted, asked, expected, sets, kept, progress, run.Cancellation);
            });
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, result.IsComplete, result.Provenance, AblationJson.Of(result)), result.IsComplete) { State = run.State };
        };
    }
}
