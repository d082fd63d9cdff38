using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// VocabProj: the tokens that a vector of the residual stream speaks for and against. Each feature's (or neuron's) vector is unembedded, many in one matrix product, and the
/// largest and smallest scores are kept.
/// </summary>
public static class VocabProjection
{
    // Scores that are worked on at once, in fp32 values.
    private const long ScoresAtOnce = 1 << 24;
    private const long LargestKept = 1L << 30;

    /// <summary>Projects features of an SAE.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE; what it writes (or reads) has the width of the residual stream, or is an attention layer's z.</param>
    /// <param name="features">The features.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each product.</param>
    /// <exception cref="SaeException">The SAE does not fit the model, or has no encoder.</exception>
    /// <exception cref="AnalysisException">There is no such feature, its vector is not one of the residual stream, or an option makes no sense.</exception>
    public static VocabProjectionResult Run(
        Transformer model, SparseAutoencoder sae, IReadOnlyList<int> features, VocabProjectionOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new VocabProjectionOptions();
        sae.For(model);
        var chosen = FeatureChoice.Check(features, sae);
        var processed = Processed.Model(model, options.Processing);
        var decoder = options.Vector == FeatureVector.Decoder;
        var point = decoder ? sae.Config.HookOut ?? sae.Config.Hook : sae.Config.Hook;
        var vectors = Stack([.. chosen.Select(f => decoder ? sae.Direction(f) : sae.EncoderDirection(f))]);
        vectors = ResidualDirections.Of(processed, point, vectors, options.ThroughPostNorm);
        return Project(processed, vectors, [.. chosen.Select(f => ($"feature {f}", f))], options, Provenance.Of(model, sae, []), cancellation);
    }

    /// <summary>Projects MLP neurons: rows of W_out.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Their block.</param>
    /// <param name="neurons">The neurons.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each product.</param>
    /// <exception cref="AnalysisException">There is no such neuron, or an option makes no sense.</exception>
    public static VocabProjectionResult Neurons(
        Transformer model, int layer, IReadOnlyList<int> neurons, VocabProjectionOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new VocabProjectionOptions();
        if (options.Vector == FeatureVector.Encoder)
            throw new AnalysisException("A neuron is projected by what it writes; leave out the option Vector.");
        foreach (var n in neurons)
            Unit.Neuron(layer, n).Check(model);
        var processed = Processed.Model(model, options.Processing);
        var block = processed.LensWeights.Block(layer);
        var rows = block.W_out();
        var vectors = Stack([.. neurons.Select(n => rows.Row(n).ToArray())]);
        if (options.ThroughPostNorm)
            ResidualDirections.Scale(vectors, block.Ln2PostGain());
        return Project(processed, vectors, [.. neurons.Select(n => (Unit.Neuron(layer, n).ToString(), n))], options, Provenance.Of(processed, []), cancellation);
    }

    /// <summary>Projects any vectors of the residual stream: differences of features, means of activations.</summary>
    /// <param name="model">The model.</param>
    /// <param name="vectors">[vector, d_model]</param>
    /// <param name="names">What each is called; their numbers if left out.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each product.</param>
    /// <exception cref="AnalysisException">The vectors have another width, or an option makes no sense.</exception>
    public static VocabProjectionResult Vectors(
        Transformer model, Tensor vectors, IReadOnlyList<string>? names = null, VocabProjectionOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new VocabProjectionOptions();
        if (vectors.Rank != 2 || vectors.Shape[1] != model.Config.DModel)
            throw new AnalysisException($"The vectors are {vectors}; give [vector, {model.Config.DModel}].");
        if (names is not null && names.Count != vectors.Shape[0])
            throw new AnalysisException($"{names.Count} names were given for {vectors.Shape[0]} vectors; give one for each.");
        var processed = Processed.Model(model, options.Processing);
        return Project(
            processed, vectors, [.. Enumerable.Range(0, vectors.Shape[0]).Select(i => (names?[i] ?? $"vector {i}", i))], options, Provenance.Of(processed, []), cancellation);
    }

    private static VocabProjectionResult Project(
        Transformer model, Tensor vectors, (string Name, int Index)[] named, VocabProjectionOptions options, Provenance provenance, CancellationToken cancellation)
    {
        options.Validate();
        if (named.Length == 0)
            throw new AnalysisException("There is nothing to project; give at least one feature, neuron or vector.");
        long vocabulary = model.Config.VocabSize;
        if (options.KeepScores && named.Length * vocabulary > LargestKept)
            throw new AnalysisException($"The scores of {named.Length} vectors over {vocabulary} tokens would take more than 4 GiB; project fewer, or leave out KeepScores.");
        var atOnce = (int)Math.Clamp(ScoresAtOnce / vocabulary, 1, named.Length);
        var embedding = options.Form == VocabForm.Embedding ? model.LensWeights.W_E() : null;
        var rows = new List<ProjectedVector>(named.Length);
        for (var first = 0; first < named.Length; first += atOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = vectors.Rows(first, Math.Min(atOnce, named.Length - first));
            var scores = Scores(model, part, options.Form, embedding);       // [vector, d_vocab]
            for (var r = 0; r < part.Shape[0]; r++)
            {
                var (name, index) = named[first + r];
                rows.Add(new ProjectedVector(
                    name,
                    index,
                    TensorPrimitives.Norm<float>(part.Row(r)),
                    TokenScores.Top(scores.Row(r), options.Top, model),
                    TokenScores.Bottom(scores.Row(r), options.Top, model),
                    options.KeepScores ? new Tensor(scores.Row(r).ToArray(), (int)vocabulary) : null));
            }
        }

        return new VocabProjectionResult { Vectors = rows, Form = options.Form, Provenance = provenance };
    }

    private static Tensor Scores(Transformer model, Tensor vectors, VocabForm form, Tensor? embedding)
    {
        var lens = model.LensWeights;
        if (embedding is null)
            return form == VocabForm.Direct ? lens.Unembed(vectors, withBias: false) : lens.Unembed(lens.FinalNorm(vectors));
        var scores = Tensor.Uninitialized(vectors.Shape[0], embedding.Shape[0]);
        Kernels.Linear(vectors.Span, Weight.FromFloats("W_E", embedding.Span, embedding.Shape[0], embedding.Shape[1]), scores.Span);
        return scores;
    }

    private static Tensor Stack(float[][] rows)
    {
        var stacked = Tensor.Uninitialized(rows.Length, rows.Length > 0 ? rows[0].Length : 0);
        for (var r = 0; r < rows.Length; r++)
            rows[r].CopyTo(stacked.Row(r));
        return stacked;
    }
}
