using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="KlTarget"/> as a request. A target that cannot be reached is no error: the result says so, and what was reached.</summary>
internal static class KlTargetRequest
{
    public static AnalysisKind Kind { get; } = new("kl-target", "To which value a feature or neuron must be clamped to move the predictions by so many nats.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3
        feature: 714                  # or, without an SAE, neuron: {layer: 2, index: 39}
        target: 0.25                  # the KL divergence from the model as it is, in nats, a mean over prompts and positions

        prompts: ["The explanation is simple:", I think, We]    # each a text, or one of {text: …}, {file: FILE.txt}, {arc: TASK}
        negative: false               # values below 0
        error_term: true              # whether what the SAE fails to reconstruct stays
        tolerance: 0.01               # how near is near enough, as a share of the target
        least: 0.1                    # the sizes to look at, from
        most: 10000                   # to
        # search: integer-bisection   # as the notebook of the output-centric paper; log-bracket when left out
        # before_activation: false    # whether a neuron is set before its activation function
        # pad_right: false            # as that notebook
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, target) = (request.Need("model", ModelRequest.Of), request.Need("target", v => v.Number()));
        var prompts = request.Or<PromptRequest[]?>("prompts", PromptRequest.Several, null);
        var defaults = new KlTargetOptions();
        var options = defaults with
        {
            Negative = request.Or("negative", v => v.Flag(), defaults.Negative),
            ErrorTerm = request.Or("error_term", v => v.Flag(), defaults.ErrorTerm),
            BeforeActivation = request.Or("before_activation", v => v.Flag(), defaults.BeforeActivation),
            PadRight = request.Or("pad_right", v => v.Flag(), defaults.PadRight),
            Search = request.Or("search", v => v.Choice(("log-bracket", KlSearch.LogBracket), ("integer-bisection", KlSearch.IntegerBisection)), defaults.Search),
            Tolerance = request.Or("tolerance", v => v.Number(), defaults.Tolerance),
            Least = request.Or("least", v => v.Number(), defaults.Least),
            Most = request.Or("most", v => v.Number(), defaults.Most),
        };
        var unit = UnitRequest.Of(request);
        return run =>
        {
            var loaded = model.Load();
            var texts = prompts is null ? options : options with { Prompts = Array.ConvertAll(prompts, p => p.AsText()) };
            var result = KlTarget.Run(loaded, unit.In(loaded), target, texts, run.Progress<KlStep>(Words), run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["unit"] = result.Unit,
                ["target"] = result.Target,
                ["converged"] = result.Converged,
                ["value"] = ResultJson.Number(result.Value),
                ["kl"] = ResultJson.Number(result.Kl),
                ["lowest_reached"] = ResultJson.Number(result.LowestReached),
                ["highest_reached"] = ResultJson.Number(result.HighestReached),
                ["steps"] = ResultJson.Each(result.Steps, s => new JsonObject { ["value"] = ResultJson.Number(s.Value), ["kl"] = ResultJson.Number(s.Kl) }),
            }));
        };
    }

    private static string Words(KlStep step) => string.Create(CultureInfo.InvariantCulture, $"clamped to {step.Value:0.####}: {step.Kl:0.####} nats");
}
