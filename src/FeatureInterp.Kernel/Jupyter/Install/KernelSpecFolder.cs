using System.Text.RegularExpressions;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Where front ends look for kernels ("Kernel specs" in jupyter_client's documentation).</summary>
internal static partial class KernelSpecFolder
{
    /// <summary>The folder of a kernel under the user's data folder, or under <paramref name="prefix"/>.</summary>
    /// <param name="name">The kernel's name, as notebooks name it.</param>
    /// <param name="prefix">An environment such as Python's <c>sys.prefix</c> or <c>/usr/local</c>, or null for the user's own.</param>
    /// <exception cref="KernelSpecException">The name is not one front ends take.</exception>
    public static string For(string name, string? prefix)
    {
        if (!Name().IsMatch(name) || name is "." or "..")
            throw new KernelSpecException($"'{name}' cannot be a kernel's name; front ends take letters, digits, '.', '_' and '-', such as .net-csharp.");
        return Path.GetFullPath(Path.Combine(prefix is null ? UserData() : Path.Combine(prefix, "share", "jupyter"), "kernels", name));
    }

    private static string UserData()
    {
        if (Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } data)
            return data;
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS())
            return Path.Combine(home, "Library", "Jupyter");
        return Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(home, ".local", "share"), "jupyter");
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,100}\\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Name();
}
