using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="DefinitionTree"/> as a request. Stopped, it keeps the tree so far; a second run begins anew.</summary>
internal static class DefinitionTreeRequest
{
    public static AnalysisKind Kind { get; } = new("definition-tree", "What the model would write as the definition of a feature, as a tree of continuations.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3
        feature: 216                  # or token: " girl", a word of the model to compare with

        prompt: 'Once upon a time there was a {ghost} who'    # {ghost} wherever the feature is to stand as a word
        # placeholder: 1234           # the token whose place it takes; a rare one when left out
        cutoff: 0.0005                # the least probability of a node, from the prompt on
        branches: 5                   # children of a node at most
        max_depth: 25
        max_nodes: 1000
        # clamp: {216: 12}            # features held at a value while the tree grows

        # How the feature becomes a token, as in a token-list request.
        ghost: {encoder_share: 0}
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var model = request.Need("model", ModelRequest.Of);
        var d = new DefinitionTreeOptions();
        var options = d with
        {
            Prompt = request.Or("prompt", v => v.Text(), d.Prompt),
            Placeholder = request.Or<int?>("placeholder", v => v.Int(), d.Placeholder),
            Cutoff = request.Or("cutoff", v => v.Number(), d.Cutoff),
            Branches = request.Or("branches", v => v.Int(), d.Branches),
            MaxDepth = request.Or("max_depth", v => v.Int(), d.MaxDepth),
            MaxNodes = request.Or("max_nodes", v => v.Int(), d.MaxNodes),
            LeavesAtOnce = request.Or("leaves_at_once", v => v.Int(), d.LeavesAtOnce),
            Ghost = request.Or("ghost", v => v.Map(GhostRequest.Options), d.Ghost),
            Interventions = request.Or("clamp", v => v.Map(Clamped), d.Interventions),
        };
        var ghost = GhostRequest.Of(request);
        return run =>
        {
            var loaded = model.Load();
            var progress = run.Progress<DefinitionTreeProgress>(Words);
            var result = ghost.Run(
                loaded,
                (sae, feature) => DefinitionTree.Run(loaded, sae, feature, options, progress, run.Cancellation),
                token => DefinitionTree.Run(loaded, token, options, progress, run.Cancellation));
            var isComplete = result.End != DefinitionTreeEnd.Cancelled;
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, isComplete, result.Provenance, Json(result)), isComplete);
        };
    }

    private static Intervention[] Clamped(RequestMap map) => [.. map.All().Select(e =>
        int.TryParse(e.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var feature) ? Intervention.Clamp(feature, e.Value.Number()) : throw e.Value.Not("a feature's number as key"))];

    private static string Words(DefinitionTreeProgress p) =>
        string.Create(CultureInfo.InvariantCulture, $"{p.Nodes} nodes, {p.Waiting} may still grow, the likeliest has a probability of {p.Next:G3}");

    private static JsonObject Json(DefinitionTreeResult result)
    {
        // A list, for a tree of lists soon nests deeper than readers of JSON go: each node names the place of the one above it.
        var nodes = new JsonArray();
        Add(result.Root, null);
        return new JsonObject
        {
            ["ghost"] = result.Ghost.Label,
            ["prompt_tokens"] = ResultJson.Numbers(result.PromptTokens),
            ["prompt_texts"] = ResultJson.Texts(result.PromptTexts),
            ["ghost_positions"] = ResultJson.Numbers(result.GhostPositions),
            ["placeholder"] = result.Options.Placeholder,
            ["end"] = result.End switch { DefinitionTreeEnd.Complete => "complete", DefinitionTreeEnd.TooManyNodes => "too-many-nodes", _ => "cancelled" },
            ["depth"] = result.Root.Depth,
            ["definitions"] = ResultJson.Each(result.Root.Definitions(), t => new JsonObject { ["text"] = t.Text, ["probability"] = ResultJson.Number(t.Probability) }),
            ["nodes"] = nodes,
        };

        void Add(DefinitionNode above, int? place)
        {
            foreach (var node in above.Children)
            {
                nodes.Add(new JsonObject
                {
                    ["parent"] = place,
                    ["token"] = node.TokenId,
                    ["text"] = node.Text,
                    ["probability"] = ResultJson.Number(node.ConditionalProbability),
                    ["cumulative_probability"] = ResultJson.Number(node.CumulativeProbability),
                });
                Add(node, nodes.Count - 1);
            }
        }
    }
}
