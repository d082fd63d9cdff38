using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// A token that no vocabulary has: an embedding row made from a feature, ghost = [centroid +] scale · ((1 − Σ wₖ)·v + Σ wₖ·PCₖ), to be put in the place of
/// another token's raw row. Definition: the SAE feature multitool for Gemma-2B (M. Watkins, 2024).
/// </summary>
public sealed record GhostToken
{
    private readonly double[] _direction;
    private readonly double[] _row;

    private GhostToken(string label, double[] direction, double[] row)
    {
        if (!Array.TrueForAll(row, v => double.IsFinite((float)v)))
            throw new AnalysisException($"The embedding of {label} has a value that is NaN or infinite in fp32; give finite numbers.");
        (Label, _direction, _row) = (label, direction, row);
    }

    /// <summary>What it was made of, in words.</summary>
    public string Label { get; }

    /// <summary>The feature it was made from; null for another vector.</summary>
    public int? Feature { get; private init; }

    /// <summary>Where it points: the mixture of feature and components, without centroid and scale, [d_model].</summary>
    public IReadOnlyList<double> Direction => _direction;

    /// <summary>The embedding row, before the factor that some models multiply rows with, [d_model].</summary>
    public IReadOnlyList<double> Row => _row;

    internal double[] RowArray => _row;

    internal double[] DirectionArray => _direction;

    /// <summary>The ghost of a feature.</summary>
    /// <param name="model">The model whose embeddings it lies among.</param>
    /// <param name="sae">The SAE; its vectors must be as long as the model is wide.</param>
    /// <param name="feature">The feature.</param>
    /// <param name="options">The mixture; the decoder's direction, from the centroid, at a token's usual distance if left out.</param>
    /// <exception cref="AnalysisException">There is no such feature, its vector is zero or of another width, or an option makes no sense.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    public static GhostToken Of(Transformer model, SparseAutoencoder sae, int feature, GhostOptions? options = null)
    {
        options ??= new GhostOptions();
        options.Validate();
        sae.For(model);
        FeatureChoice.Check([feature], sae);
        var statistics = EmbeddingStatistics.Of(model);
        var direction = Vector(model, sae, feature, options.EncoderShare);
        TensorPrimitives.Multiply(direction, 1 - options.ComponentWeights.Sum(), direction);
        foreach (var (weight, component) in options.ComponentWeights.Zip(statistics.Components(options.ComponentWeights.Count)))
        {
            double[] vector = [.. component.Vector];
            TensorPrimitives.MultiplyAdd(vector, weight, direction, direction);
        }

        var scale = options.Scale ?? statistics.MeanDistanceToCentroid;
        var row = options.FromCentroid ? (double[])statistics.CentroidArray.Clone() : new double[direction.Length];
        TensorPrimitives.MultiplyAdd(direction, scale, row, row);
        return new GhostToken(Words(feature, options, scale), direction, row) { Feature = feature };
    }

    /// <summary>A token's own embedding, as a ghost: what the model says of a word it knows, to compare with.</summary>
    /// <param name="model">The model.</param>
    /// <param name="token">The token.</param>
    /// <exception cref="AnalysisException">The token is not in the vocabulary, or a text is not one token.</exception>
    public static GhostToken OfToken(Transformer model, TokenChoice token)
    {
        var id = token.Resolve(model, 1)[0];
        return OfRow($"the token {FeatureMap.Texts(model, [id])[0]}", model.Embedding.Row(id));
    }

    /// <summary>Any vector as a ghost.</summary>
    /// <param name="label">What to call it.</param>
    /// <param name="row">The embedding row, [d_model], on the scale of the model's embedding matrix.</param>
    /// <exception cref="AnalysisException">A value is NaN or infinite.</exception>
    public static GhostToken OfRow(string label, ReadOnlySpan<float> row)
    {
        var wide = new double[row.Length];
        TensorPrimitives.ConvertSaturating<float, double>(row, wide);
        return new GhostToken(label, wide, wide);
    }

    /// <summary>The row as a run takes it.</summary>
    internal float[] ToSingle() => Array.ConvertAll(_row, v => (float)v);

    /// <inheritdoc/>
    public override string ToString() => Label;

    private static double[] Vector(Transformer model, SparseAutoencoder sae, int feature, double encoderShare)
    {
        if (encoderShare == 0)
            return Unit(model, sae, feature, "decoder", sae.Direction(feature));
        var encoder = Unit(model, sae, feature, "encoder", sae.EncoderDirection(feature));
        if (encoderShare == 1)
            return encoder;
        var mixture = Unit(model, sae, feature, "decoder", sae.Direction(feature));
        TensorPrimitives.Multiply(mixture, 1 - encoderShare, mixture);
        TensorPrimitives.MultiplyAdd(encoder, encoderShare, mixture, mixture);
        return Unit(sae, feature, "mixture of encoder and decoder", mixture);
    }

    private static double[] Unit(Transformer model, SparseAutoencoder sae, int feature, string what, float[] vector)
    {
        if (vector.Length != model.Config.DModel)
            throw new AnalysisException($"The {what} of {sae.Name} has vectors of {vector.Length} values, but an embedding of {model.Name} has {model.Config.DModel}; use an SAE of the residual stream.");
        var wide = new double[vector.Length];
        TensorPrimitives.ConvertSaturating<float, double>(vector, wide);
        return Unit(sae, feature, what, wide);
    }

    private static double[] Unit(SparseAutoencoder sae, int feature, string what, double[] vector)
    {
        var norm = TensorPrimitives.Norm<double>(vector);
        if (!(norm > 0 && double.IsFinite(norm)))
            throw new AnalysisException($"The {what} of feature {feature} of {sae.Name} has the length {norm.ToString(CultureInfo.InvariantCulture)} and no direction; choose another feature or vector.");
        TensorPrimitives.Divide(vector, norm, vector);
        return vector;
    }

    private static string Words(int feature, GhostOptions options, double scale)
    {
        string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
        var side = options.EncoderShare switch { 0 => "decoder", 1 => "encoder", var a => $"{Text(1 - a)} decoder + {Text(a)} encoder" };
        var mixed = string.Concat(options.ComponentWeights.Select((w, k) => w == 0 ? "" : $", {Text(w)} of PC{k + 1}"));
        return $"feature {feature.ToString(CultureInfo.InvariantCulture)} ({side}{mixed}, {Text(scale)} from {(options.FromCentroid ? "the centroid" : "zero")})";
    }
}
