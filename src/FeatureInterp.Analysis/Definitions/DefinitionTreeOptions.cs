using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>The choices of a definition tree.</summary>
public sealed record DefinitionTreeOptions
{
    /// <summary>What stands for the ghost in <see cref="Prompt"/>.</summary>
    public const string GhostMark = "{ghost}";

    /// <summary>The prompt, with <c>{ghost}</c> wherever the ghost token is to stand. Default: the multitool's.</summary>
    public string Prompt { get; init; } = "A typical definition of \"{ghost}\" would be \"";

    /// <summary>The prompt as token ids, the beginning of sequence included, in place of <see cref="Prompt"/>; it must contain <see cref="Placeholder"/>.</summary>
    public IReadOnlyList<int>? PromptTokens { get; init; }

    /// <summary>
    /// The token whose embedding the ghost replaces and which is never predicted. Default null: the rarest plain word (largest id) that stays one token in the prompt.
    /// </summary>
    public int? Placeholder { get; init; }

    /// <summary>The least cumulative probability of a node: above 0, up to 1. 0 is allowed for one branch. Default 5e-5, the multitool's.</summary>
    public double Cutoff { get; init; } = 5e-5;

    /// <summary>At most so many children a node, the likeliest, at least 1. Default 5.</summary>
    public int Branches { get; init; } = 5;

    /// <summary>At most so many tokens deep, at least 1; fewer where the model has no more positions. Default 25.</summary>
    public int MaxDepth { get; init; } = 25;

    /// <summary>
    /// At most so many nodes: of a larger tree the likeliest. Keys and values of the nodes that may still grow are held meanwhile, so in a large model a large tree
    /// takes memory: about d_kv · layers · 8 bytes for each token of each of their paths. 1 to 100,000; default 1000.
    /// </summary>
    public int MaxNodes { get; init; } = 1000;

    /// <summary>How many leaves are run as one batch, 1 to 512; does not change the tree. Default 32.</summary>
    public int LeavesAtOnce { get; init; } = 32;

    /// <summary>How a feature becomes a ghost; not looked at when a ghost is given.</summary>
    public GhostOptions Ghost { get; init; } = new();

    /// <summary>
    /// Changes to features of the SAE while the tree grows, such as the feature itself clamped high. <see cref="Intervention.OnPrompt"/> and
    /// <see cref="Intervention.OnNewTokens"/> say whether they act on the prompt and on the tokens of the tree. Default none.
    /// </summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    internal void Validate()
    {
        if (!(Cutoff is > 0 and <= 1 || (Cutoff == 0 && Branches == 1)))
            throw new AnalysisException($"Cutoff is {Cutoff}; give a probability above 0, up to 1 (0 only with one branch).");
        Check(Branches >= 1, nameof(Branches), Branches, "1 or more");
        Check(MaxDepth >= 1, nameof(MaxDepth), MaxDepth, "1 or more");
        Check(MaxNodes is >= 1 and <= 100_000, nameof(MaxNodes), MaxNodes, "1 to 100000");
        Check(LeavesAtOnce is >= 1 and <= 512, nameof(LeavesAtOnce), LeavesAtOnce, "1 to 512");
    }

    private static void Check(bool isGood, string name, int value, string wanted)
    {
        if (!isGood)
            throw new AnalysisException($"{name} is {value}; give {wanted}.");
    }
}
