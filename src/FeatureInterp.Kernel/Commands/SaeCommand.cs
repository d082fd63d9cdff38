using System.CommandLine;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp sae</c>: what is known of sparse autoencoders, and what they compute.</summary>
internal static class SaeCommand
{
    public static Command Create() => new("sae", "Sparse autoencoders: list the releases known by name, say everything about one, encode activations, evaluate one in its model, train one.")
    {
        SaeListCommand.Create(),
        SaeInfoCommand.Create(),
        SaeEncodeCommand.Create(),
        SaeEvalCommand.Create(),
        SaeTrainCommand.Create(),
    };
}
