using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>Makes and scores the texts of one prompt; tells of those that are complete as they come.</summary>
internal sealed class SteeringTexts(
    Transformer model, SparseAutoencoder sae, SteeringOptions options, IReadOnlyDictionary<int, double> amounts, Action<IReadOnlyList<SteeredText>> made)
{
    private sealed record Line(int? Feature, double Strength, int Sampling);

    /// <summary>The unsteered texts, then those of each feature and strength, each for every way of choosing tokens. When the work is cancelled, those there are.</summary>
    public IReadOnlyList<SteeredText> Make(
        int prompt, int[] tokens, IReadOnlyList<int> features, IReadOnlyList<double> strengths, IReadOnlyList<SteeredText> earlier, SteeringCounter counter, CancellationToken cancellation)
    {
        var samplings = Enumerable.Range(0, options.Samplings.Count).ToArray();
        Line[] lines =
        [
            .. samplings.Select(s => new Line(null, 0, s)),
            .. features.SelectMany(f => strengths.SelectMany(strength => samplings.Select(s => new Line(f, strength, s)))),
        ];
        var found = new Dictionary<Line, SteeredText>();
        foreach (var text in earlier.Where(t => t.IsComplete))
            found[new Line(text.Feature, text.Strength, text.Sampling)] = text with { Prompt = prompt };
        counter.Skip(lines.Count(found.ContainsKey));
        var sweep = new Sweep(model, tokens);
        foreach (var together in lines.Where(l => !found.ContainsKey(l)).Chunk(options.TextsAtOnce))
        {
            if (cancellation.IsCancellationRequested)
                break;
            var texts = Generate(sweep, together, prompt, counter, cancellation);
            foreach (var (line, text) in together.Zip(texts).Where(pair => pair.Second.Tokens.Count > 0))
                found[line] = text;
            made([.. texts.Where(t => t.IsComplete)]);
        }

        return Compare([.. lines.Where(found.ContainsKey).Select(l => found[l])]);
    }

    private SteeredText[] Generate(Sweep sweep, Line[] lines, int prompt, SteeringCounter counter, CancellationToken cancellation)
    {
        var tokens = lines.Select(_ => new List<GeneratedToken>()).ToArray();
        IReadOnlyList<double[]>? scores = null;
        try
        {
            sweep.Generate([.. lines.Select(Branch)], options.NewTokens, stopAtEos: options.StopAtEos, cancellation: cancellation, onToken: token =>
            {
                tokens[token.Prompt].Add(token);
                counter.Token(tokens[token.Prompt].Count, token.Finished is not null);
            });
            scores = model.LogProbabilities(sweep.Tokens.ToArray(), [.. tokens.Select(m => m.Select(t => t.Token).ToArray())], cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What came before stays.
        }

        return [.. lines.Select((line, i) => new SteeredText
        {
            Prompt = prompt,
            Feature = line.Feature,
            Strength = line.Strength,
            Sampling = line.Sampling,
            Tokens = [.. tokens[i].Select(t => t.Token)],
            TokenTexts = [.. tokens[i].Select(t => TokenText.Of(model, t.Token))],
            Text = string.Concat(tokens[i].Select(t => t.Text)),
            Finished = tokens[i].LastOrDefault()?.Finished,
            LogProbabilities = [.. tokens[i].Select(t => t.LogProbability)],
            UnsteeredLogProbabilities = scores?[i] ?? [],
            IsShared = [],
            FallsApart = false,
        })];
    }

    private Branch Branch(Line line)
    {
        var branch = line.Feature is not { } feature ? Models.Branch.Clean : sae.Intervene(Intervention.Steer(feature, line.Strength, amounts[feature]) with
        {
            Positions = options.Positions,
            OnPrompt = options.OnPrompt,
            OnNewTokens = options.OnNewTokens,
        });
        return branch with { Sampling = options.Samplings[line.Sampling] };
    }

    private SteeredText[] Compare(SteeredText[] texts)
    {
        var unsteered = texts.Where(t => t.Feature is null).ToDictionary(t => t.Sampling);
        return Array.ConvertAll(texts, text => unsteered.TryGetValue(text.Sampling, out var plain)
            ? text with { IsShared = TextDifference.Shared(text.Tokens, plain.Tokens), FallsApart = FallsApart(text, plain) }
            : text with { IsShared = new bool[text.Tokens.Count] });
    }

    private bool FallsApart(SteeredText text, SteeredText plain) =>
        text.Feature is not null && text.IsComplete && plain.IsComplete
        && (text.MeanLogProbability < plain.MeanLogProbability - options.MaxDrop || text.Repetition > plain.Repetition + options.MaxRepetition);
}
