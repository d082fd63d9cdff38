using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>What fires in a text where features are set to zero.</summary>
internal sealed class AblationFeatures
{
    private readonly SparseAutoencoder _sae;
    private readonly SparseFeatures _features;
    private readonly IReadOnlyList<bool> _actsAt;
    private readonly bool[] _isText;

    public AblationFeatures(Transformer model, SparseAutoencoder sae, AblationRunner runner)
    {
        (_sae, _actsAt) = (sae, runner.ActsAt);
        _features = runner.Features;
        var special = new SpecialTokens(model);
        _isText = [.. runner.Text.Select(t => !special.Contains(t))];
    }

    /// <summary>The features that fire on a token that is no special one, those with the largest max |f| · ‖W_dec[f]‖ first.</summary>
    public IReadOnlyList<int> Active() =>
        [.. _features.Where(f => _actsAt[f.Token] && _isText[f.Token]).GroupBy(f => f.Feature)
            .Select(g => (Feature: g.Key, Size: g.Max(f => Math.Abs(f.Value)) * Norm(g.Key)))
            .OrderByDescending(f => f.Size).ThenBy(f => f.Feature).Select(f => f.Feature)];

    /// <summary>At how many positions one of some features fires, and how strongly at most.</summary>
    public (int At, double Max) Firing(IReadOnlyList<int> features)
    {
        var wanted = features.ToHashSet();
        var fired = _features.Where(f => _actsAt[f.Token] && wanted.Contains(f.Feature)).ToArray();
        return (fired.Select(f => f.Token).Distinct().Count(), fired.Select(f => (double)Math.Abs(f.Value)).DefaultIfEmpty(0).Max());
    }

    private double Norm(int feature) => Math.Sqrt(_sae.Direction(feature).Sum(v => (double)v * v));
}
