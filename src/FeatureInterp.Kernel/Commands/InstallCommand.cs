using System.CommandLine;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp install</c>: makes the kernel known to Jupyter, so that C# notebooks open and run.</summary>
internal static class InstallCommand
{
    public static Command Create()
    {
        var where = new KernelSpecArguments();
        var force = new Option<bool>("--force") { Description = "Replace a kernel of this name that another program installed." };
        var command = new Command("install", "Make this program known to Jupyter as the kernel of C# notebooks.");
        where.AddTo(command);
        command.Options.Add(force);
        command.SetAction((parsed, _) => InstallAsync(where.Folder(parsed), parsed.GetValue(force)));
        return command;
    }

    private static async Task<int> InstallAsync(string folder, bool force)
    {
        KernelSpec.Install(folder, KernelSpec.ThisProgram(), force);
        await Console.Out.WriteLineAsync($"Installed the C# kernel in {folder}. Restart open notebook pages to see it; to remove it: featureinterp uninstall, with the same options.").ConfigureAwait(false);
        return ExitCode.Success;
    }
}
