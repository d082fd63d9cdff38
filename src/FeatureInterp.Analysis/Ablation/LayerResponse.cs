namespace FeatureInterp.Analysis;

/// <summary>What the change of the residual stream up to one place would do to the answer by itself.</summary>
/// <param name="Point">The hook in the residual stream.</param>
/// <param name="Effect">E there, in nats; see <see cref="LayerResponse"/>.</param>
/// <param name="Share">E minus that at the place before: what the blocks in between add; 0 for the first.</param>
public sealed record LayerEffect(string Point, double Effect, double Share);

/// <summary>
/// How the layers after an ablation respond to it: the hydra effect, if they restore what was taken. With x_k the residual stream at place k of the model with nothing ablated, x_k + d_k that with the
/// ablation, N the last place, at the positions where the answer is predicted:
/// E_k = ln p(answer | final stream x_N + d_k) − ln p(answer | final stream x_N).
/// E at the first place after the ablation is the direct effect: everything after it does as if nothing had happened. E_N is the total effect. E_k − E_(k−1) is the share of the blocks in between; the shares and the
/// direct effect add up to the total. Definition: McGrath et al. 2023, "The Hydra Effect", in log-probabilities of an answer instead of logits of a token.
/// </summary>
/// <remarks>
/// What it does not show: the direct effect counts only what was taken at the positions that predict the answer. What was taken at earlier positions reaches the answer through attention alone and appears
/// as a share of later layers, so a negative share need not be the layer's own doing. The last norm makes the shares depend on the order in which they are added, here from below. A share says nothing of why a layer
/// responds: one that merely loses its input looks like one that restores, and only <see cref="Restored"/> of a feature with a clearly negative direct effect speaks for a hydra.
/// </remarks>
/// <param name="Layers">The places from the first after the ablation to the last.</param>
public sealed record LayerResponse(IReadOnlyList<LayerEffect> Layers)
{
    /// <summary>The effect if no later layer responded, in nats.</summary>
    public double Direct => Layers[0].Effect;

    /// <summary>The effect with all that later layers do, in nats.</summary>
    public double Total => Layers[^1].Effect;

    /// <summary>
    /// 1 − total / direct: the part of the direct effect that later layers take back. 1 for all of it, below 0 when they make it larger, NaN where the direct effect is 0. Large and without meaning where the direct
    /// effect is close to 0.
    /// </summary>
    public double Restored => Direct == 0 ? double.NaN : 1 - Total / Direct;
}
