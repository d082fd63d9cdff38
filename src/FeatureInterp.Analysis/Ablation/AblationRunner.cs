using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Runs the lines of an ablation: prompt and answer as one text, for each line with other features set to zero.</summary>
internal sealed class AblationRunner
{
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;
    private readonly int[] _prompt;
    private readonly int[] _answer;
    private readonly string[] _answerTexts;
    private readonly AblationOptions _options;
    private readonly Sweep _sweep;
    private readonly InterventionPositions _positions;
    private readonly IReadOnlyList<HookPoint> _points;

    /// <exception cref="AnalysisException">Nothing would be set to zero anywhere.</exception>
    public AblationRunner(Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, AblationOptions options)
    {
        (_model, _sae, _prompt, _answer, _options) = (model, sae, prompt, answer, options);
        _answerTexts = Array.ConvertAll(answer, t => TokenText.Of(model, t));
        Text = [.. prompt, .. answer[..^1]];        // the last token is predicted, never read
        _sweep = new Sweep(model, Text);
        var zero = Zero(0);
        ActsAt = [.. Enumerable.Range(0, Text.Length).Select(p => zero.ActsAt(p, prompt.Length))];
        int[] at = [.. Enumerable.Range(0, Text.Length).Where(p => ActsAt[p])];
        if (at.Length == 0)
            throw new AnalysisException($"Features would be set to zero at {options.Positions}, but prompt and answer have positions 0 to {Text.Length - 1} only{(options is { OnPrompt: true, OnAnswer: true } ? "" : " and part of them is left out")}; choose others.");
        _positions = at.Length == Text.Length ? InterventionPositions.All : InterventionPositions.At(at);
        _points = AblationPoints.Of(model, HookPoint.Parse(sae.FeaturesHook) with { Sae = SaeSite.None });
    }

    /// <summary>The tokens that are run.</summary>
    public int[] Text { get; }

    /// <summary>For each of them whether features are set to zero there.</summary>
    public IReadOnlyList<bool> ActsAt { get; }

    /// <summary>The answer without the SAE.</summary>
    public AnswerScore Clean(CancellationToken cancellation) =>
        Score(Rows(_sweep.Run([Models.Branch.Clean], (_points[^1] with { Sae = SaeSite.None }).ToString(), LogitsAt.Last, cancellation)[0], _points[^1] with { Sae = SaeSite.None }), cancellation);

    /// <summary>The answer in each line; a line without features has the SAE and nothing set to zero.</summary>
    public AnswerScore[] Scores(IReadOnlyList<IReadOnlyList<int>> lines, CancellationToken cancellation)
    {
        var runs = _sweep.Run([.. lines.Select(Branch)], _points[^1].ToString(), LogitsAt.Last, cancellation);
        return [.. runs.Select(run => Score(Rows(run, _points[^1]), cancellation))];
    }

    /// <summary>How the layers respond in each line; see <see cref="LayerResponse"/>.</summary>
    public LayerResponse[] Responses(IReadOnlyList<IReadOnlyList<int>> lines, CancellationToken cancellation)
    {
        var capture = new HookSelection(_points.Select(p => p.ToString()));
        var runs = _sweep.Run([Branch([]), .. lines.Select(Branch)], capture, LogitsAt.Last, cancellation);
        var whole = Rows(runs[0], _points[^1]);
        var reference = Score(whole, cancellation).LogProbability;
        return [.. runs.Skip(1).Select(Respond)];

        LayerResponse Respond(RunResult run)
        {
            var effects = _points.Select(point =>
            {
                var final = whole.Clone();          // x_N + d_k, [answer token, d_model]
                TensorPrimitives.Add(final.Span, Rows(run, point).Span, final.Span);
                TensorPrimitives.Subtract(final.Span, Rows(runs[0], point).Span, final.Span);
                return Score(final, cancellation).LogProbability - reference;
            }).ToArray();
            return new LayerResponse([.. _points.Select((p, k) => new LayerEffect((p with { Sae = SaeSite.None }).ToString(), effects[k], k == 0 ? 0 : effects[k] - effects[k - 1]))]);
        }
    }

    /// <summary>The greedy text without the SAE, then that of each line.</summary>
    public string[] Texts(IReadOnlyList<IReadOnlyList<int>> lines, CancellationToken cancellation)
    {
        var branches = lines.Select(features => features.Count == 0 ? Branch([]) : _sae.Intervene([.. features.Select(Zero)])).Prepend(Models.Branch.Clean);
        return [.. new Sweep(_model, _prompt).Generate([.. branches], _options.NewTokens, cancellation: cancellation).Select(t => t.Text)];
    }

    private Intervention Zero(int feature) => Intervention.Zero(feature) with
    {
        Positions = _options.Positions,
        OnPrompt = _options.OnPrompt,
        OnNewTokens = _options.OnAnswer,
        ErrorTerm = _options.ErrorTerm,
    };

    // In the text that is run, the answer is part of the prompt: its positions are named one by one.
    private Branch Branch(IReadOnlyList<int> features) => features.Count == 0
        ? new Branch { Splices = [_sae.Splice(_options.ErrorTerm)] }
        : _sae.Intervene([.. features.Select(f => Intervention.Zero(f) with { Positions = _positions, ErrorTerm = _options.ErrorTerm })]);

    // At the positions from which the answer's tokens are predicted.
    private Tensor Rows(RunResult run, HookPoint point) => run.Activations[point][0].Rows(_prompt.Length - 1, _answer.Length);

    private AnswerScore Score(Tensor final, CancellationToken cancellation)
    {
        var layers = _model.Config.Layers;
        var logits = _model.Run(Text[(_prompt.Length - 1)..], startAtLayer: layers, residual: final, cancellation: cancellation).Logits[0];
        return AnswerScore.Of(logits, _answer, _answerTexts);
    }
}
