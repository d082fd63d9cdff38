using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What a measurement looks at and clamps: one feature of an SAE, or one neuron of an MLP.</summary>
public sealed class Unit
{
    private Unit(SparseAutoencoder? sae, int layer, int index)
    {
        Sae = sae;
        Layer = layer;
        Index = index;
    }

    /// <summary>The SAE; null for a neuron.</summary>
    public SparseAutoencoder? Sae { get; }

    /// <summary>The block it is in.</summary>
    public int Layer { get; }

    /// <summary>The feature, 0 to d_sae − 1, or the neuron, 0 to d_mlp − 1.</summary>
    public int Index { get; }

    /// <summary>A feature.</summary>
    /// <param name="sae">Its SAE.</param>
    /// <param name="index">Its number.</param>
    /// <exception cref="AnalysisException">The SAE has no such feature.</exception>
    public static Unit Feature(SparseAutoencoder sae, int index)
    {
        FeatureChoice.Check([index], sae);
        return new Unit(sae, sae.Config.Hook.Layer, index);
    }

    /// <summary>A neuron, seen at <c>mlp.hook_post</c>.</summary>
    /// <param name="layer">Its block.</param>
    /// <param name="index">Its number.</param>
    public static Unit Neuron(int layer, int index) => new(null, layer, index);

    /// <summary>Such as <c>feature 863</c> or TransformerLens's <c>L2N39</c>.</summary>
    public override string ToString() => Sae is null ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"L{Layer}N{Index}")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"feature {Index}");

    /// <summary>Checks that the model has it.</summary>
    /// <exception cref="AnalysisException">There is no such block or neuron.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    internal void Check(Transformer model)
    {
        if (Sae is not null)
            Sae.For(model);
        else if ((uint)Layer >= (uint)model.Config.Layers || (uint)Index >= (uint)model.Config.DMlp)
            throw new AnalysisException($"There is no neuron {this}; {model.Name} has layers 0 to {model.Config.Layers - 1} with neurons 0 to {model.Config.DMlp - 1}.");
    }

    /// <summary>Its activations, one list a prompt, [pos]; the model is run no further than needed.</summary>
    internal float[][] Activations(Transformer model, int[][] prompts, CancellationToken cancellation, bool beforeActivation = false)
    {
        if (beforeActivation && Sae is not null)
            return BeforeActivation(model, Sae, prompts, cancellation);
        if (Sae is not null)
            return [.. SaeInputs.Read(model, Sae, prompts, cancellation).Select(x => Sae.EncodeFeatures(x, [Index]).Span.ToArray())];
        var hook = new HookPoint(beforeActivation ? HookSite.MlpPre : HookSite.MlpPost, Layer);
        var kept = model.Run(prompts, capture: hook.ToString(), stopAtLayer: Layer + 1, cancellation: cancellation).Activations[hook];
        return [.. Enumerable.Range(0, prompts.Length).Select(p => Column(kept[p]))];
    }

    internal Provenance Provenance(Transformer model, IReadOnlyList<int[]> prompts, long? seed = null) => Sae is null
        ? Analysis.Provenance.Of(model, prompts, seed)
        : Analysis.Provenance.Of(model, Sae, prompts, seed);

    private float[][] BeforeActivation(Transformer model, SparseAutoencoder sae, int[][] prompts, CancellationToken cancellation)
    {
        if (sae.Config.Pursuit is not null)
            throw new AnalysisException($"{sae.Name} finds its features one after another, so they have no value before an activation function; leave out BeforeActivation.");
        var hook = HookPoint.Parse(sae.FeaturesHook) with { Sae = SaeSite.ActsPre };
        var run = model.Run(prompts, capture: hook.ToString(), splice: [sae.Splice()], logits: LogitsAt.Last, cancellation: cancellation);
        return [.. Enumerable.Range(0, prompts.Length).Select(p => Column(run.Activations[hook][p]))];
    }

    private float[] Column(Tensor rows) => [.. Enumerable.Range(0, rows.Shape[0]).Select(i => rows[i, Index])];
}
