using System.CommandLine;
using System.Globalization;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp sae encode</c>: activations to features and back.</summary>
internal static class SaeEncodeCommand
{
    public static Command Create()
    {
        var sae = new Option<string>("--sae") { Description = "A folder or file, the name of one under data/saes, or RELEASE/ID.", HelpName = "SAE", Required = true };
        var arguments = new SaeArguments();
        var input = new Option<string>("--input") { Description = "A safetensors file with the tensor x: […, d_in] or […, heads, d_head]. For a temporal SAE the dimension before is the position in a text.", HelpName = "X.safetensors", Required = true };
        var output = new Option<string>("--out") { Description = "The file to write: acts […, d_sae] and decoded […, d_out], fp32.", HelpName = "Y.safetensors", Required = true };
        var command = new Command("encode", "Encode activations with an SAE and decode the features again, as SAELens's decode(encode(x)) does.") { sae, input, output };
        arguments.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using var interrupts = new Interrupts();
            var loaded = await SaeArguments.LoadAsync(parsed.GetRequiredValue(sae), arguments.Read(parsed), interrupts.Token).ConfigureAwait(false);
            var x = Input(parsed.GetRequiredValue(input));
            try
            {
                SaeRoundTrip.Run(loaded, x, out var acts, out var decoded, interrupts.Token);
                Write(parsed.GetRequiredValue(output), loaded, acts, decoded);
                return ExitCode.Success;
            }
            catch (OperationCanceledException) when (interrupts.Token.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync("Stopped; nothing was written.").ConfigureAwait(false);
                return interrupts.ExitCode;
            }
        });
        return command;
    }

    private static Tensor Input(string path)
    {
        var x = SafetensorsFile.Open(path)["x"];
        if (x.DType is not (DType.F32 or DType.BF16 or DType.F16 or DType.F64))
            throw new PromptException($"{path}: 'x' holds {x.DType}, where numbers (F32, BF16, F16 or F64) were expected.");
        if (x.Count > Array.MaxLength)
            throw new PromptException($"{path}: 'x' has {x.Count} values, more than one array holds; split it.");
        return x.ToTensor();
    }

    private static void Write(string path, SparseAutoencoder sae, Tensor acts, Tensor decoded)
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("sae", sae.Name);
        writer.AddMetadata("layout", sae.Layout);
        writer.Add("acts", acts);
        writer.Add("decoded", decoded);
        writer.Save(path);
        var tokens = acts.Length / sae.Config.DSae;
        var l0 = tokens == 0 ? 0 : (double)Fired(acts) / tokens;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {tokens} {(tokens == 1 ? "token" : "tokens")}, {sae.Config.DSae} features of {sae.Name}, {l0:0.##} of them fire on a token; read as {sae.Layout}"));
        foreach (var warning in sae.LoadWarnings)
            Console.Error.WriteLine("note: " + warning);
        if (sae.Config.Origin.UnfoldedNormalization is { } normalization)
            Console.Error.WriteLine($"note: 'normalize_activations' is {normalization} and no factor was folded in: the features may be on a wrong scale (--norm-scaling-factor).");
    }

    private static long Fired(Tensor acts)
    {
        var fired = 0L;
        foreach (var value in acts.Span)
            fired += value != 0 ? 1 : 0;
        return fired;
    }
}
