using System.CommandLine;

namespace FeatureInterp.Kernel.Commands;

/// <summary>The command line: one verb per file beside this one, listed here.</summary>
internal static class FeatureInterpCommand
{
    public static RootCommand Create() => new("Mechanistic interpretability in C# notebooks: run them, and the analyses behind them, from the command line.")
    {
        RunCommand.Create(),
        DiffCommand.Create(),
        ConvertCommand.Create(),
        ActivationsCommand.Create(),
        GenerateCommand.Create(),
        ModelsCommand.Create(),
        PullCommand.Create(),
        TokenizeCommand.Create(),
        SaeCommand.Create(),
        AnalyzeCommand.Create(),
        InstallCommand.Create(),
        UninstallCommand.Create(),
        KernelCommand.Create(),
    };
}
