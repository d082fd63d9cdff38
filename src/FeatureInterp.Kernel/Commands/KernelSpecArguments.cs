using System.CommandLine;
using FeatureInterp.Kernel.Jupyter;

namespace FeatureInterp.Kernel.Commands;

/// <summary>Which kernelspec <c>install</c> and <c>uninstall</c> mean.</summary>
internal sealed class KernelSpecArguments
{
    private readonly Option<bool> _user = new("--user") { Description = "For this user's Jupyter; the default." };
    private readonly Option<string?> _prefix = new("--prefix") { Description = "For the Jupyter of an environment: Python's sys.prefix, or /usr/local for all users.", HelpName = "folder" };
    private readonly Option<string> _name = new("--name") { Description = "The kernel's name. Existing C# notebooks ask for .net-csharp.", HelpName = "name", DefaultValueFactory = _ => KernelSpec.DefaultName };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_user);
        command.Options.Add(_prefix);
        command.Options.Add(_name);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_user) && result.GetValue(_prefix) is not null)
                result.AddError("--user and --prefix exclude each other: the one is this user's folder, the other an environment's.");
        });
    }

    /// <summary>The folder the command line means.</summary>
    public string Folder(ParseResult parsed) => KernelSpecFolder.For(parsed.GetValue(_name)!, parsed.GetValue(_prefix));
}
