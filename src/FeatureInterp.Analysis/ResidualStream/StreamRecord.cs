using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What one run kept of its residual stream.</summary>
internal sealed class StreamRecord
{
    private static readonly HookSite[] Sites =
        [HookSite.Embed, HookSite.PosEmbed, HookSite.ResidPre, HookSite.AttnOut, HookSite.MlpOut, HookSite.Ln1Scale, HookSite.Ln2Scale, HookSite.Ln1PostScale, HookSite.Ln2PostScale];

    private StreamRecord(Transformer model, RunResult run)
    {
        Model = model;
        Run = run;
        Tokens = [.. Enumerable.Range(0, run.Batch.Count).Select(p => run.Batch[p].ToArray())];
    }

    /// <summary>The model as it was run.</summary>
    public Transformer Model { get; }

    public RunResult Run { get; }

    /// <summary>The token ids of each prompt.</summary>
    public int[][] Tokens { get; }

    public static StreamRecord Of(Transformer model, Prompts prompts, CancellationToken cancellation)
    {
        HookPoint[] capture = [.. model.HookPoints.Where(h => Sites.Contains(h.Site)), new HookPoint(HookSite.ResidPost, model.Config.Layers - 1)];
        return new StreamRecord(model, model.Run(prompts, capture, logits: LogitsAt.Last, cancellation: cancellation));
    }

    /// <summary>A layer as it is asked for: null and −1 are the model's end.</summary>
    public int Layer(int? asked, bool mlpInput)
    {
        var layers = Model.Config.Layers;
        var layer = asked is null or -1 ? layers : asked.Value;
        if (layer < 0 || layer > layers)
            throw new AnalysisException($"Layer {asked} is asked for, but {Model.Name} has layers 0–{layers - 1}; give one of them, or null for the model's end.");
        return layer < layers || !mlpInput
            ? layer
            : throw new AnalysisException($"There is no MLP behind the last layer of {Model.Name}: with mlpInput give a layer from 0 to {layers - 1}.");
    }

    /// <summary>Refuses what needs a stream between attention and MLP where both read the same one.</summary>
    public void RequireMid()
    {
        if (!Model.HookPoints.Contains(new HookPoint(HookSite.ResidMid)))
            throw new AnalysisException($"{Model.Name} has no residual stream between attention and MLP: both read the block's input; leave out inclMid and mlpInput.");
    }

    /// <summary>The stream that enters a block, [pos, d_model] a prompt; for the number of blocks, the stream that leaves the last.</summary>
    public Func<int, Tensor> Entering(int layer)
    {
        var kept = Kept(layer == Model.Config.Layers ? HookSite.ResidPost : HookSite.ResidPre, Math.Min(layer, Model.Config.Layers - 1));
        return p => kept[p];
    }

    /// <summary>The stream between a block's attention and its MLP. A run adds the two one after the other, so this is the very value in between.</summary>
    public Func<int, Tensor> Mid(int layer)
    {
        var (before, attention) = (Entering(layer), Kept(HookSite.AttnOut, layer));
        return p =>
        {
            var mid = before(p).Clone();
            TensorPrimitives.Add(mid.Span, attention[p].Span, mid.Span);
            return mid;
        };
    }

    /// <summary>What the run kept at a hook.</summary>
    public Activation Kept(HookSite site, int layer) => Run.Activations[new HookPoint(site, layer)];

    /// <summary>What was written to the stream before a layer, labelled.</summary>
    public IReadOnlyList<(string Label, Func<int, Tensor> Value)> Parts(int end, bool mlpInput, ResidualParts parts, bool inclEmbeds)
    {
        var listed = new List<(string, Func<int, Tensor>)>();
        if (inclEmbeds)
        {
            Add("embed", HookSite.Embed, 0);
            if (Model.HookPoints.Contains(new HookPoint(HookSite.PosEmbed)))
                Add("pos_embed", HookSite.PosEmbed, 0);
        }

        for (var l = 0; l < end; l++)
        {
            if (parts != ResidualParts.Mlp)
                Add($"{l}_attn_out", HookSite.AttnOut, l);
            if (parts != ResidualParts.Attention)
                Add($"{l}_mlp_out", HookSite.MlpOut, l);
        }

        if (mlpInput && parts != ResidualParts.Mlp)
            Add($"{end}_attn_out", HookSite.AttnOut, end);
        return listed;

        void Add(string label, HookSite site, int layer)
        {
            var kept = Kept(site, layer);
            listed.Add((label, p => kept[p]));
        }
    }

    /// <summary>What the norm that reads the stream at a layer divides by, [pos, 1].</summary>
    public Tensor ScaleAt(int layer, bool mlpInput, int prompt) => layer == Model.Config.Layers
        ? Model.LensWeights.FinalScale(Entering(layer)(prompt))
        : Kept(mlpInput ? HookSite.Ln2Scale : HookSite.Ln1Scale, layer)[prompt];

    /// <summary>Less the mean (layer norms), divided by a scale.</summary>
    public void Normalize(Span<float> row, float scale)
    {
        if (Model.LensWeights.HasLayerNorm)
            TensorPrimitives.Subtract(row, TensorPrimitives.Sum<float>(row) / row.Length, row);
        TensorPrimitives.Divide(row, scale, row);
    }

    /// <summary>Runs one block again on the stream that entered it and gives back a value from inside; the very value of the run.</summary>
    public Activation Inside(HookSite site, int layer, CancellationToken cancellation)
    {
        var entering = Entering(layer);
        var rows = Tensor.Uninitialized(Run.Batch.RowCount, Model.Config.DModel);
        for (var p = 0; p < Tokens.Length; p++)
            entering(p).Span.CopyTo(rows.Rows(Run.Batch.FirstRow(p), Tokens[p].Length).Span);
        var point = new HookPoint(site, layer);
        return Model.Run(Tokens, capture: point.ToString(), startAtLayer: layer, residual: rows, stopAtLayer: layer + 1, cancellation: cancellation).Activations[point];
    }
}
