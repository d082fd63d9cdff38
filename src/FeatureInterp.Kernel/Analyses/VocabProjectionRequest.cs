using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="VocabProjection"/> as a request.</summary>
internal static class VocabProjectionRequest
{
    private delegate VocabProjectionResult Projection(Transformer model, VocabProjectionOptions options, CancellationToken cancellation);

    public static AnalysisKind Kind { get; } = new("vocab-projection", "Which tokens the vectors of features or neurons speak for and against.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3

        features: [714, 754, 1477]    # or neurons of an MLP, without an SAE: {layer: 2, index: [39, 40]}
        top: 50                       # tokens at each end

        form: direct                  # v·W_U; through-final-norm: unembed(ln_final(v)); embedding: v·W_E
        vector: decoder               # or encoder: what a feature reads
        through_post_norm: true       # whether a neuron's vector goes through the norm behind its sublayer, where there is one
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var model = request.Need("model", ModelRequest.Of);
        var defaults = new VocabProjectionOptions();
        var options = defaults with
        {
            Top = request.Or("top", v => v.Int(), defaults.Top),
            Form = request.Or("form", v => v.Choice(("direct", VocabForm.Direct), ("through-final-norm", VocabForm.ThroughFinalNorm), ("embedding", VocabForm.Embedding)), defaults.Form),
            Vector = request.Or("vector", v => v.Choice(("decoder", FeatureVector.Decoder), ("encoder", FeatureVector.Encoder)), defaults.Vector),
            ThroughPostNorm = request.Or("through_post_norm", v => v.Flag(), defaults.ThroughPostNorm),
        };
        var sae = request.Or<SaeRequest?>("sae", SaeRequest.Of, null);
        var project = request.OneOf<Projection>(("features", v => Features(v, sae)), ("neurons", v => v.Map(Neurons)));
        return run =>
        {
            var result = project(model.Load(), options, run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["form"] = result.Form switch { VocabForm.Direct => "direct", VocabForm.ThroughFinalNorm => "through-final-norm", _ => "embedding" },
                ["vectors"] = ResultJson.Each(result.Vectors, v => new JsonObject
                {
                    ["name"] = v.Name,
                    ["index"] = v.Index,
                    ["length"] = ResultJson.Number(v.Length),
                    ["top"] = ResultJson.Scores(v.Top),
                    ["bottom"] = ResultJson.Scores(v.Bottom),
                }),
            }));
        };
    }

    private static Projection Features(RequestValue value, SaeRequest? sae)
    {
        var features = value.Ints();
        return sae is null ? throw value.Wrong("features are those of an SAE, but there is no 'sae'; name it.")
            : (model, options, cancellation) => VocabProjection.Run(model, sae.Load(model), features, options, cancellation);
    }

    private static Projection Neurons(RequestMap neurons)
    {
        var (layer, index) = (neurons.Need("layer", v => v.Int()), neurons.Need("index", v => v.Ints()));
        return (model, options, cancellation) => VocabProjection.Neurons(model, layer, index, options, cancellation);
    }
}
