using System.Text.Json;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Ghost tokens, token lists and definition trees against a restatement of the multitool in Python, when the goldens are there.</summary>
public class DefinitionGoldenTests
{
    private readonly Golden _golden;
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;

    public DefinitionGoldenTests()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "trees");
        _golden = new Golden(folder);
        _model = Transformer.Load(Path.Combine(folder, "model"));
        _sae = SparseAutoencoder.Load(Path.Combine(folder, "sae"));
    }

    private static Tensor Of(IReadOnlyList<double> values)
    {
        var tensor = Tensor.Zeros(values.Count);
        for (var i = 0; i < values.Count; i++)
            tensor.Span[i] = (float)values[i];
        return tensor;
    }

    [Fact]
    public void Statistics_EqualTheGoldens()
    {
        var statistics = EmbeddingStatistics.Of(_model);
        Golden.AssertClose("centroid", _golden["centroid"], Of(statistics.Centroid), 1e-6);
        Assert.Equal(_golden.Json.GetProperty("mean_norm").GetDouble(), statistics.MeanNorm, 1e-6);
        Assert.Equal(_golden.Json.GetProperty("mean_distance_to_centroid").GetDouble(), statistics.MeanDistanceToCentroid, 1e-6);
        var components = statistics.Components(3);
        Golden.AssertClose("pc1", _golden["pc1"], Of(components[0].Vector), 1e-5);
        var wanted = _golden.Json.GetProperty("explained_variance_of_first_components");
        for (var k = 0; k < 3; k++)
            Assert.Equal(wanted[k].GetDouble(), components[k].ExplainedVariance, 1e-6);
        Golden.AssertClose("row", _golden["embedding"].Rows(7, 1), Of([.. _model.Embedding.Row(7).Select(v => (double)v)]), 0);
    }

    [Fact]
    public void TokenLists_EqualTheGoldens()
    {
        var compared = 0;
        foreach (var list in _golden.Json.GetProperty("lists").EnumerateArray())
        {
            var filtered = list.GetProperty("variant").GetString() == "filtered";
            var ghost = new GhostOptions { EncoderShare = list.GetProperty("weights").GetString() == "encoder" ? 1 : 0 };
            if (filtered)
            {
                ghost = ghost with
                {
                    FromCentroid = list.GetProperty("centroid_offset").GetBoolean(),
                    Scale = list.GetProperty("scale").GetDouble(),
                    ComponentWeights = [list.GetProperty("pca_weight").GetDouble()],
                };
            }

            var found = TokenList.Run(_model, _sae, list.GetProperty("feature").GetInt32(), new()
            {
                Ghost = ghost,
                Exponent = filtered ? list.GetProperty("numerator_exponent").GetDouble() : 1.4,
                Top = 50,
                Score = list.GetProperty("variant").GetString() switch
                {
                    "cosine" => TokenListScore.Cosine,
                    "cosine_to_centred_embeddings" => TokenListScore.CentredCosine,
                    "cosine_pc1_removed" => TokenListScore.ComponentRemovedCosine,
                    _ => TokenListScore.Filtered,
                },
            });
            if (list.TryGetProperty("tensor", out var name))
                Golden.AssertClose(name.GetString()!, _golden[name.GetString()!], Of(found.Scores), 2e-6);
            if (list.TryGetProperty("scores", out var scores))
            {
                foreach (var (score, token) in scores.EnumerateArray().Zip(found.Tokens))
                    Assert.Equal(score.GetDouble(), token.Score, 5e-6);
            }

            if (list.GetProperty("smallest_gap").GetDouble() > 2e-6)
                Assert.Equal(list.GetProperty("top").EnumerateArray().Select(t => t.GetInt32()), found.Tokens.Select(t => t.Token));
            compared++;
        }

        Assert.Equal(280, compared);
    }

    [Fact]
    public void Trees_EqualTheGoldens()
    {
        int[] prompt = [.. _golden.Json.GetProperty("prompt_ids").EnumerateArray().Select(t => t.GetInt32())];
        var placeholder = _golden.Json.GetProperty("placeholder").GetProperty("id").GetInt32();
        using var trees = JsonDocument.Parse(File.ReadAllText(Path.Combine(_golden.Folder, "trees.json")));
        var compared = 0;
        foreach (var tree in trees.RootElement.EnumerateArray())
        {
            var options = new DefinitionTreeOptions
            {
                PromptTokens = prompt,
                Placeholder = placeholder,
                Cutoff = tree.GetProperty("cutoff").GetDouble(),
                Branches = tree.GetProperty("branches").GetInt32(),
                MaxDepth = tree.GetProperty("max_depth").GetInt32(),
            };
            var found = DefinitionTree.Run(_model, Ghost(tree, placeholder), options);
            Assert.Equal(tree.GetProperty("nodes").GetInt32(), found.Root.Count);
            AssertSame(tree.GetProperty("root"), found.Root);
            Assert.Equal(DefinitionTreeEnd.Complete, found.End);
            if (tree.TryGetProperty("depth", out var depth))
                Assert.Equal(depth.GetInt32(), found.Root.Depth);
            if (tree.TryGetProperty("drawing", out var drawings))
                AssertDrawings(drawings, found);
            compared++;
        }

        Assert.Equal(15, compared);
    }

    [Fact]
    public void Prompt_OfText_IsTheGoldens()
    {
        var options = new DefinitionTreeOptions { Placeholder = _golden.Json.GetProperty("placeholder").GetProperty("id").GetInt32(), MaxDepth = 1 };
        var found = DefinitionTree.Run(_model, _sae, 13, options);
        Assert.Equal(_golden.Json.GetProperty("prompt_ids").EnumerateArray().Select(t => t.GetInt32()), found.PromptTokens);
    }

    [Fact]
    public void FirstLogits_EqualTheGoldens()
    {
        int[] prompt = [.. _golden.Json.GetProperty("prompt_ids").EnumerateArray().Select(t => t.GetInt32())];
        var placeholder = _golden.Json.GetProperty("placeholder").GetProperty("id").GetInt32();
        int[] at = [.. Enumerable.Range(0, prompt.Length).Where(i => prompt[i] == placeholder)];
        var compared = 0;
        foreach (var name in _golden.Names.Where(n => n.EndsWith(".first_logits_placeholder_nan", StringComparison.Ordinal)))
        {
            var ghost = _golden[name.Replace("first_logits_placeholder_nan", "ghost", StringComparison.Ordinal)].Span.ToArray();
            Tensor wanted = _golden[name], found = _model.Run(prompt, edit: [_model.Embedding.Put(ghost, at)], logits: LogitsAt.Last).LastLogits().Clone();
            Assert.True(float.IsNaN(wanted.Span[placeholder]));
            wanted.Span[placeholder] = found.Span[placeholder] = 0;
            Golden.AssertClose(name, wanted, found);
            compared++;
        }

        Assert.Equal(14, compared);
    }

    [Fact]
    public void FeatureVectors_EqualTheGoldens()
    {
        foreach (var feature in _golden.Json.GetProperty("features").EnumerateArray().Select(f => f.GetInt32()))
        {
            foreach (var (side, share) in new[] { ("decoder", 0.0), ("encoder", 1.0) })
                Golden.AssertClose(side, _golden[$"list.{feature}.{side}.feature_vector"], Of(GhostToken.Of(_model, _sae, feature, new() { EncoderShare = share }).Direction), 1e-6);
        }
    }

    private GhostToken Ghost(JsonElement tree, int placeholder)
    {
        if (tree.GetProperty("feature").ValueKind == JsonValueKind.Null)
            return GhostToken.OfToken(_model, placeholder);
        var ghost = GhostToken.Of(_model, _sae, tree.GetProperty("feature").GetInt32(), new()
        {
            EncoderShare = tree.GetProperty("weights").GetString() == "encoder" ? 1 : 0,
            FromCentroid = tree.GetProperty("offset").GetBoolean(),
            Scale = tree.GetProperty("scale").GetDouble(),
            ComponentWeights = [tree.GetProperty("pca_weight").GetDouble()],
        });
        var name = $"tree.{tree.GetProperty("index").GetInt32()}.ghost";
        Golden.AssertClose(name, _golden[name], Of(ghost.Row), 2e-6);
        return ghost;
    }

    private static void AssertSame(JsonElement wanted, DefinitionNode found)
    {
        Assert.Equal(wanted.GetProperty("conditional_prob").GetDouble(), found.ConditionalProbability, 2e-5);
        var cumulative = wanted.GetProperty("cumulative_prob").GetDouble();
        Assert.InRange(found.CumulativeProbability / cumulative, 0.9995, 1.0005);
        Assert.Equal(wanted.GetProperty("token").GetString(), found.Text);
        var children = wanted.GetProperty("children").EnumerateArray().ToArray();
        Assert.Equal(children.Select(c => c.GetProperty("token_id").GetInt32()), found.Children.Select(c => c.TokenId!.Value));
        foreach (var (child, ours) in children.Zip(found.Children))
            AssertSame(child, ours);
    }

    private static void AssertDrawings(JsonElement drawings, DefinitionTreeResult found)
    {
        foreach (var wanted in drawings.EnumerateArray())
        {
            var drawing = found.Drawing(wanted.GetProperty("trim").GetDouble(), [.. wanted.GetProperty("hidden_tokens").EnumerateArray().Select(t => t.GetString()!)]);
            var nodes = wanted.GetProperty("nodes").EnumerateArray().ToDictionary(n => string.Join(' ', n.GetProperty("path").EnumerateArray()));
            Assert.Equal(nodes.Keys.Order(StringComparer.Ordinal), drawing.Nodes.Select(n => string.Join(' ', n.Path)).Order(StringComparer.Ordinal));
            foreach (var node in drawing.Nodes)
            {
                var width = nodes[string.Join(' ', node.Path)].GetProperty("width");
                Assert.Equal(width.ValueKind == JsonValueKind.Null, node.Width is null);
                if (node.Width is { } ours)
                    Assert.Equal(width.GetDouble(), ours, 5e-3);
            }
        }
    }
}
