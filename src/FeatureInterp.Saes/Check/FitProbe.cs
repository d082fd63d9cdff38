using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Activations an SAE is tried on: what it reads and what it is to reconstruct, a pair a text.</summary>
internal sealed class FitProbe
{
    private readonly (Tensor In, Tensor Target)[] _texts;
    private readonly int _skip;

    private FitProbe((Tensor, Tensor)[] texts, int skip) => (_texts, _skip) = (texts, skip);

    /// <summary>The mean of ‖x‖ over the tokens that count.</summary>
    public double MeanNorm => _texts.SelectMany(t => Enumerable.Range(_skip, t.In.Shape[0] - _skip).Select(i => (double)TensorPrimitives.Norm<float>(t.In.Row(i)))).Average();

    /// <summary>Runs a model up to the SAE's hook, moved by some layers.</summary>
    /// <returns>By shift; without those at which the model has no such layer.</returns>
    public static IReadOnlyDictionary<int, FitProbe> Run(Transformer model, SaeConfig config, CheckTokens tokens, IReadOnlyList<int> shifts, CancellationToken cancellation)
    {
        var hooks = shifts.Select(s => (Shift: s, In: config.Hook with { Layer = config.Hook.Layer + s }, Out: (config.HookOut ?? config.Hook) is var o ? o with { Layer = o.Layer + s } : default))
            .Where(h => model.HookPoints.Contains(h.In) && model.HookPoints.Contains(h.Out)).ToArray();
        if (hooks.Length == 0)
            return new Dictionary<int, FitProbe>();
        var inBlocks = hooks.All(h => h.In.ToString().StartsWith("blocks.", StringComparison.Ordinal) && h.Out.ToString().StartsWith("blocks.", StringComparison.Ordinal));
        int? stop = inBlocks ? hooks.Max(h => Math.Max(h.In.Layer, h.Out.Layer)) + 1 : null;
        var run = model.Run(
            tokens.Texts,
            capture: new HookSelection([.. hooks.SelectMany(h => new[] { h.In.ToString(), h.Out.ToString() }).Distinct(StringComparer.Ordinal)]),
            stopAtLayer: stop,
            logits: LogitsAt.Last,
            cancellation: cancellation);
        return hooks.ToDictionary(h => h.Shift, h => new FitProbe(
            [.. Enumerable.Range(0, tokens.Texts.Length).Select(t => (run.Activations[h.In][t], run.Activations[h.Out][t]))], tokens.Skip));
    }

    /// <summary>The first tokens of each text.</summary>
    public FitProbe First(int count) => new(Array.ConvertAll(_texts, t => (Start(t.In, count), Start(t.Target, count))), _skip);

    /// <summary>How well an SAE does, with how many features.</summary>
    public SaeFitNumbers Measure(SparseAutoencoder sae)
    {
        var fired = new HashSet<int>();
        var (tokens, count) = (0, 0L);
        foreach (var (x, _) in _texts)
        {
            var features = sae.Encode(x);
            for (var t = _skip; t < features.Tokens; t++)
            {
                tokens++;
                count += features.L0(t);
                fired.UnionWith(features.On(t).Select(f => f.Feature));
            }
        }

        return new SaeFitNumbers(tokens, (double)count / tokens, ExplainedVariance(x => sae.Reconstruct(x)), 1 - (double)fired.Count / sae.Config.DSae, null);
    }

    /// <summary>The explained variance of a reconstruction.</summary>
    /// <param name="reconstruct">[token, …] to [token, …].</param>
    public double ExplainedVariance(Func<Tensor, Tensor> reconstruct)
    {
        double error = 0, squared = 0;
        var tokens = 0;
        var width = _texts[0].Target.Length / _texts[0].Target.Shape[0];
        var sum = new double[width];
        foreach (var (x, target) in _texts)
        {
            var made = reconstruct(x);
            for (var t = _skip; t < target.Shape[0]; t++, tokens++)
            {
                ReadOnlySpan<float> a = target.Row(t), b = made.Row(t);
                for (var i = 0; i < width; i++)
                {
                    error += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
                    squared += (double)a[i] * a[i];
                    sum[i] += a[i];
                }
            }
        }

        var variance = squared - sum.Sum(s => s * s) / tokens;
        return 1 - error / variance;
    }

    private Tensor Start(Tensor x, int count) => x.Rows(0, Math.Min(x.Shape[0], count + _skip));
}
