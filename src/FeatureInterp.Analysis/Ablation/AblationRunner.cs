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
    private readonly HookPoint _written;
    private readonly bool _replaces;
    private Tensor? _output;                // what the SAE puts out with nothing set to zero, [pos, d_out]
    private Tensor[] _plain = [];           // x_k at the places, [answer token, d_model]

    /// <exception cref="AnalysisException">Nothing would be set to zero anywhere.</exception>
    public AblationRunner(Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, AblationOptions options, CancellationToken cancellation)
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
        _written = HookPoint.Parse(sae.FeaturesHook) with { Sae = SaeSite.None };
        _points = AblationPoints.Of(model, _written);
        _replaces = sae.Config is { Normalization: SaeNormalization.None, TopK: null or { RescaleByDecoderNorm: false } };
        Features = sae.Encode(SaeInputs.Read(model, sae, [Text], cancellation)[0], cancellation);
    }

    /// <summary>The tokens that are run.</summary>
    public int[] Text { get; }

    /// <summary>For each of them whether features are set to zero there.</summary>
    public IReadOnlyList<bool> ActsAt { get; }

    /// <summary>What fires on each of them.</summary>
    public SparseFeatures Features { get; }

    /// <summary>The answer without the SAE.</summary>
    public AnswerScore Clean(CancellationToken cancellation)
    {
        var last = _points[^1] with { Sae = SaeSite.None };
        return Score(Rows(_sweep.Run([Models.Branch.Clean], last.ToString(), LogitsAt.Last, cancellation)[0], last), cancellation);
    }

    /// <summary>The answer with the SAE and nothing set to zero; to be called before any line is run.</summary>
    public AnswerScore Reference(CancellationToken cancellation)
    {
        var output = _written with { Sae = SaeSite.Output };
        var run = _sweep.Run([new Branch { Splices = [_sae.Splice(_options.ErrorTerm)] }], new HookSelection(_points.Append(output).Distinct().Select(p => p.ToString())), LogitsAt.Last, cancellation)[0];
        _output = run.Activations[output][0];
        _plain = [.. _points.Select(p => Rows(run, p))];
        return Score(_plain[^1], cancellation);
    }

    /// <summary>The answer in each line, and its margin if no later layer responded.</summary>
    public (AnswerScore Score, double DirectMargin)[] Scores(IReadOnlyList<IReadOnlyList<int>> lines, CancellationToken cancellation) =>
        [.. Run(lines, _points.Count == 1 ? [0] : [0, _points.Count - 1], cancellation).Select(changes =>
        {
            var score = Score(changes[^1], cancellation);
            return (score, changes.Length == 1 ? score.Margin : Score(changes[0], cancellation).Margin);
        })];

    /// <summary>How the layers respond in each line.</summary>
    public LayerResponse[] Responses(IReadOnlyList<IReadOnlyList<int>> lines, double referenceMargin, CancellationToken cancellation) =>
        [.. Run(lines, [.. Enumerable.Range(0, _points.Count)], cancellation).Select(changes =>
        {
            var effects = Array.ConvertAll(changes, c => Score(c, cancellation).Margin - referenceMargin);
            return new LayerResponse([.. _points.Select((p, k) => new LayerEffect((p with { Sae = SaeSite.None }).ToString(), effects[k], k == 0 ? 0 : effects[k] - effects[k - 1]))]);
        })];

    /// <summary>Greedy texts: with some features set to zero, with none (the SAE alone), or without the SAE where there is no list.</summary>
    public string[] Texts(IReadOnlyList<IReadOnlyList<int>?> lines, CancellationToken cancellation)
    {
        var branches = lines.Select(features => features is null ? Models.Branch.Clean
            : features.Count == 0 ? new Branch { Splices = [_sae.Splice(_options.ErrorTerm)] } : _sae.Intervene([.. features.Select(Zero)]));
        return [.. new Sweep(_model, _prompt).Generate([.. branches], _options.NewTokens, cancellation: cancellation).Select(t => t.Text)];
    }

    private Intervention Zero(int feature) => Intervention.Zero(feature) with
    {
        Positions = _options.Positions,
        OnPrompt = _options.OnPrompt,
        OnNewTokens = _options.OnAnswer,
        ErrorTerm = _options.ErrorTerm,
    };

    // For each line x_N + d_k at some of the places, [answer token, d_model]; at the last it is the line's own stream.
    private IEnumerable<Tensor[]> Run(IReadOnlyList<IReadOnlyList<int>> lines, int[] places, CancellationToken cancellation)
    {
        var points = Array.ConvertAll(places, k => _replaces ? _points[k] with { Sae = SaeSite.None } : _points[k]);
        var runs = _sweep.Run([.. lines.Select(Branch)], new HookSelection(points.Select(p => p.ToString())), LogitsAt.Last, cancellation);
        return runs.Select(run => points.Select((point, i) =>
        {
            var rows = Rows(run, point);
            if (places[i] == _points.Count - 1)
                return rows;
            var final = rows.Clone();
            TensorPrimitives.Subtract(final.Span, _plain[places[i]].Span, final.Span);
            TensorPrimitives.Add(final.Span, _plain[^1].Span, final.Span);
            return final;
        }).ToArray());
    }

    // In the text that is run, the answer is part of the prompt: its positions are named one by one.
    private Branch Branch(IReadOnlyList<int> features) => _replaces ? Replacing(features)
        : _sae.Intervene([.. features.Select(f => Intervention.Zero(f) with { Positions = _positions, ErrorTerm = _options.ErrorTerm })]);

    // Where a feature adds f · W_dec[f] to what the SAE puts out and nothing else, that is taken from it, and no line has to encode again.
    private Branch Replacing(IReadOnlyList<int> features)
    {
        var (output, directions) = (_output!, features.ToDictionary(f => f, _sae.Direction));
        FiredFeature[] gone = [.. Features.Where(f => ActsAt[f.Token] && directions.ContainsKey(f.Feature))];
        return new Edit(_written.ToString(), value =>
        {
            for (var p = 0; p < value.Count; p++)
            {
                var (rows, start) = (value[p], value.Batch.Start(p));
                for (var row = 0; row < rows.Shape[0]; row++)
                    output.Row(start + row).CopyTo(rows.Row(row));
                foreach (var f in gone.Where(f => f.Token >= start && f.Token < start + rows.Shape[0]))
                    TensorPrimitives.MultiplyAdd(directions[f.Feature], -f.Value, rows.Row(f.Token - start), rows.Row(f.Token - start));
            }
        });
    }

    // At the positions from which the answer's tokens are predicted.
    private Tensor Rows(RunResult run, HookPoint point) => run.Activations[point][0].Rows(_prompt.Length - 1, _answer.Length);

    private AnswerScore Score(Tensor final, CancellationToken cancellation)
    {
        var layers = _model.Config.Layers;
        var logits = _model.Run(Text[(_prompt.Length - 1)..], startAtLayer: layers, residual: final, cancellation: cancellation).Logits[0];
        return AnswerScore.Of(logits, _answer, _answerTexts);
    }
}
