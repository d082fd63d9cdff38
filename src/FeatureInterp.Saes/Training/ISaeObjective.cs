using System.Text.Json.Nodes;

namespace FeatureInterp.Saes;

/// <summary>
/// What an SAE is trained to do: how features are made from the input, and the losses with their gradients. One sealed record a kind, whose losses and
/// gradients are SAELens's: <see cref="StandardTraining"/>, <see cref="GatedTraining"/>, <see cref="TopKTraining"/>, <see cref="BatchTopKTraining"/>,
/// <see cref="MatryoshkaTraining"/>, <see cref="JumpReLUTraining"/>, <see cref="MatchingPursuitTraining"/>.
/// </summary>
public interface ISaeObjective
{
    /// <summary>The kind's name in SAELens, such as <c>batchtopk</c>.</summary>
    string Architecture { get; }

    /// <summary>Whether there is an encoder matrix; matching pursuit encodes with the decoder.</summary>
    internal bool HasEncoder => true;

    /// <summary>The names of the trained arrays of shape [d_sae].</summary>
    internal IReadOnlyList<string> Vectors => [Names.EncoderBias];

    /// <summary>The kind's numbers under SAELens's names, for the files' provenance.</summary>
    internal JsonObject Details { get; }

    /// <summary>Whether the decoder's norms are in the features, so that a saved SAE has them folded into its encoder.</summary>
    internal bool ScalesByDecoderNorm => false;

    /// <summary>Refuses numbers that make no sense.</summary>
    /// <exception cref="SaeException">What is wrong, and what would be right.</exception>
    internal void Validate(SaeTrainingOptions options);

    /// <summary>Sets what does not start at zero.</summary>
    internal void Initialize(TrainingParameters parameters)
    {
    }

    /// <summary>Computes features, output and losses of the page's batch, and adds to the gradients of every parameter.</summary>
    /// <param name="page">The batch, the parameters and what all kinds share.</param>
    internal void Step(StepPage page);

    /// <summary>The cfg.json and the arrays of the trained SAE that only this kind has.</summary>
    internal void Export(TrainingParameters parameters, SaeExport export);
}
