using System.CommandLine;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp pull ID</c>: fetches a model from the hub into the Hugging Face cache and prints its folder.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "The model: org/name, org/name@revision, org/name:file.gguf, or org/name:Q4_K_M for the GGUF file with that in its name." };
        var revision = new Option<string?>("--revision") { Description = "A branch, a tag or a commit; main by default.", HelpName = "R" };
        var files = new Option<string[]>("--file") { Description = "Fetch this file of the repository instead of the model. May be repeated.", HelpName = "F", AllowMultipleArgumentsPerToken = false };
        var command = new Command("pull", "Fetch a model from the hub into the Hugging Face cache, which Python's tools share, and print its folder. A pull that was stopped goes on where it was.")
        {
            id, revision, files,
        };
        command.SetAction((parsed, _) => PullAsync(parsed.GetRequiredValue(id), parsed.GetValue(revision), parsed.GetValue(files) ?? []));
        return command;
    }

    private static async Task<int> PullAsync(string id, string? revision, string[] files)
    {
        using var interrupts = new Interrupts();
        var name = HubName.Parse(id);
        if (revision is not null)
            name = name.At(revision);
        var settings = HubSettings.FromEnvironment();
        var progress = PullProgress.ForTerminal(Console.Error);
        try
        {
            var pulled = await progress.ShowAsync(() => new HubClient(settings).PullAsync(name, files, progress, interrupts.Token)).ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"{name.Id} at {pulled.Commit[..8]}: {pulled.Files.Count} files, {ByteSize.Text(pulled.BytesTotal)}, {ByteSize.Text(pulled.BytesFetched)} of them fetched now").ConfigureAwait(false);
            await Console.Out.WriteLineAsync(pulled.Folder).ConfigureAwait(false);
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (interrupts.Token.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"Stopped; {progress.Kept} kept in {settings.CacheFolder}. The same command goes on from there.").ConfigureAwait(false);
            return interrupts.ExitCode;
        }
    }
}
