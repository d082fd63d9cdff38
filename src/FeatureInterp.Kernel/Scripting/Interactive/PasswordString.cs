namespace FeatureInterp.Kernel.Interactive;

/// <summary>A password that a cell asked for: whatever displays, prints or interpolates it shows stars.</summary>
/// <param name="password">The text.</param>
public sealed class PasswordString(string password)
{
    /// <summary>The text itself. It is ordinary text from here on.</summary>
    public string GetClearTextPassword() => password;

    /// <summary>Stars, as many for every password.</summary>
    public override string ToString() => "********";
}
