using System.CommandLine;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp uninstall</c>: takes back what <c>featureinterp install</c> wrote.</summary>
internal static class UninstallCommand
{
    public static Command Create()
    {
        var where = new KernelSpecArguments();
        var command = new Command("uninstall", "Remove this program's kernel from Jupyter; notebooks stay as they are.");
        where.AddTo(command);
        command.SetAction((parsed, _) => UninstallAsync(where.Folder(parsed)));
        return command;
    }

    private static async Task<int> UninstallAsync(string folder)
    {
        KernelSpec.Uninstall(folder);
        await Console.Out.WriteLineAsync($"Removed {folder}.").ConfigureAwait(false);
        return ExitCode.Success;
    }
}
