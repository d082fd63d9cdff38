namespace FeatureInterp.Analysis;

/// <summary>What the change of the residual stream up to one place would do to the answer by itself.</summary>
/// <param name="Point">The hook in the residual stream.</param>
/// <param name="Effect">E there, in logits; see <see cref="LayerResponse"/>.</param>
/// <param name="Share">E minus that at the place before: what the blocks in between add; 0 for the first.</param>
public sealed record LayerEffect(string Point, double Effect, double Share);

/// <summary>
/// How the layers after an ablation respond to it: the hydra effect, if they restore what was taken. Let x_k be the residual stream at place k of the model with nothing ablated and x_k + d_k that with the
/// ablation, N the last place, and M(x) = Σ over answer tokens of (logit of the token − largest logit of another) when x is what leaves the last block where the answer is predicted. Then
/// E_k = M(x_N + d_k) − M(x_N).
/// E at the first place after the ablation is the direct effect: everything after it does as if nothing had happened. E_N is the total effect. E_k − E_(k−1) is the share of the blocks in between; direct effect and
/// shares add up to the total. Definition: McGrath et al. 2023, "The Hydra Effect", with the margin of a whole answer instead of the centred logit of one token.
/// </summary>
/// <remarks>
/// What it does not show: the direct effect counts only what was taken at the positions that predict the answer. What was taken at earlier positions reaches the answer through attention alone and appears
/// as a share of later layers, so a negative share need not be the layer's own doing. The last norm makes the shares depend on the order in which they are added, here from below. A share says nothing of why a layer
/// responds: one that merely loses its input looks like one that restores, and only a feature with a clearly negative direct effect and a total effect nearer to 0 speaks for a hydra.
/// </remarks>
/// <param name="Layers">The places from the first after the ablation to the last.</param>
public sealed record LayerResponse(IReadOnlyList<LayerEffect> Layers)
{
    /// <summary>The effect if no later layer responded, in logits.</summary>
    public double Direct => Layers[0].Effect;

    /// <summary>The effect with all that later layers do, in logits.</summary>
    public double Total => Layers[^1].Effect;
}
