using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary><c>#!about</c>: what runs the cells.</summary>
internal sealed class AboutMagic : IMagic
{
    /// <inheritdoc/>
    public string Name => "about";

    /// <inheritdoc/>
    public string Usage => "#!about";

    /// <inheritdoc/>
    public string Summary => "Says what runs the cells, in which version.";

    /// <inheritdoc/>
    public MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <inheritdoc/>
    public Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        var version = typeof(AboutMagic).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        context.Show(MimeBundle.FromText(string.Create(CultureInfo.InvariantCulture,
            $"""
            FeatureInterp {version}
            C# {CSharpSession.ParseOptions.LanguageVersion.ToString().Replace("CSharp", "", StringComparison.Ordinal)} on {RuntimeInformation.FrameworkDescription}
            {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors
            """)));
        return Task.FromResult<CellResult?>(null);
    }
}
