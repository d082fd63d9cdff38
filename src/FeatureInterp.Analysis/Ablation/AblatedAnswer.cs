namespace FeatureInterp.Analysis;

/// <summary>What becomes of the answer when some features are set to zero.</summary>
public sealed record AblatedAnswer
{
    /// <summary>The features that are set to zero together.</summary>
    public required IReadOnlyList<int> Features { get; init; }

    /// <summary>At how many of the positions where they are set to zero one of them fires.</summary>
    public required int FiresAt { get; init; }

    /// <summary>The largest activation of one of them at those positions; 0 when none fires.</summary>
    public required double MaxActivation { get; init; }

    /// <summary>The answer then.</summary>
    public required AnswerScore Score { get; init; }

    /// <summary>ln p(answer) then, minus that with nothing ablated, in nats: below 0 when the features help the answer.</summary>
    public required double Effect { get; init; }

    /// <summary>The change of <see cref="AnswerScore.Margin"/>, in logits: the total effect, with all that later layers do.</summary>
    public required double Total { get; init; }

    /// <summary>What <see cref="Total"/> would be if no later layer responded, in logits; see <see cref="LayerResponse"/>.</summary>
    public required double Direct { get; init; }

    /// <summary>total − direct: what later layers add, in logits. Where the direct effect is below 0 and this is above, they restore part of what was taken: the hydra effect.</summary>
    public double Later => Total - Direct;

    /// <summary>The text that the model goes on with then, each token the most probable one; null when it was not worked out.</summary>
    public string? Text { get; init; }

    /// <summary>What the layers after the ablation make of it; null when it was not worked out.</summary>
    public LayerResponse? Response { get; init; }

    /// <summary>Whether one of the features fires where it is set to zero. If not, nothing changes.</summary>
    public bool Fires => FiresAt > 0;

    /// <summary>The grid in <see cref="Text"/>; null for none.</summary>
    public GridText? Grid => Text is null ? null : GridText.Find(Text);
}
