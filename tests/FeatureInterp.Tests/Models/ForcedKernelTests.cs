using System.Diagnostics;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The twins' tests once more with the naive kernels; the choice is made once a process, so in a process of its own.</summary>
public class ForcedKernelTests
{
    [Fact]
    public async Task Gemma2TwinTests_ReferenceKernels_Pass()
    {
        var (code, output) = await RunTests("reference", "*");
        Assert.True(code == 0, output);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Total: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gemma2TwinTests_KernelsThatAreNone_Fail()
    {
        var (code, output) = await RunTests("nonsense", nameof(Gemma2TwinTests.Run_LongPrompt_EqualsTheTwinAtEveryPosition));
        Assert.NotEqual(0, code);
        Assert.Contains("FEATUREINTERP_KERNELS is 'nonsense'", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FamilyTwinTests_ReferenceKernels_Pass()
    {
        var (code, output) = await RunTests("reference", nameof(FamilyTwinTests.Run_AnyShape_EqualsTheTwinAtEveryHook), typeof(FamilyTwinTests));
        Assert.True(code == 0, output);
        Assert.Contains($"Total: {TwinFamily.All.Count}, Errors: 0, Failed: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaeKindTests_ReferenceKernels_Pass()
    {
        var (code, output) = await RunTests("reference", nameof(SaeKindTests.Steps_AnyShape_EqualTheTwin), typeof(SaeKindTests));
        Assert.True(code == 0, output);
        Assert.Contains($"Total: {SaeKindTests.Cases().Count}, Errors: 0, Failed: 0", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunTests(string kernels, string method, Type? tests = null)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { typeof(ForcedKernelTests).Assembly.Location, "-method", $"{(tests ?? typeof(Gemma2TwinTests)).FullName}.{method}", "-noColor" },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[KernelRegistry.EnvironmentVariable] = kernels;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await error);
    }
}
