namespace FeatureInterp.Display;

/// <summary>
/// A result that is drawn by another display, usually a <see cref="DisplayStack"/>. Implement <see cref="ToDisplay"/> and put
/// <c>[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]</c> on the
/// type: then it is an <see cref="IDisplay"/>, notebooks draw it, and the extension methods beside this interface give it
/// <c>ToSvg</c>, <c>ToText</c>, <c>ToHtml</c>.
/// </summary>
public interface IHasDisplay : IDisplay
{
    /// <summary>What draws this object. Must not return the object itself.</summary>
    IDisplay ToDisplay();

    /// <inheritdoc/>
    string IDisplay.ToSvg() => ToDisplay().ToSvg();

    /// <inheritdoc/>
    string IDisplay.ToText(int width) => ToDisplay().ToText(width);

    /// <inheritdoc/>
    string IDisplay.ToHtml() => ToDisplay().ToHtml();

    /// <inheritdoc/>
    IReadOnlyDictionary<string, string> IDisplay.ToMimeBundle() => ToDisplay().ToMimeBundle();
}

/// <summary>Makes the interface's default methods callable on the concrete result type.</summary>
public static class HasDisplayExtensions
{
    /// <inheritdoc cref="IDisplay.ToSvg"/>
    public static string ToSvg(this IHasDisplay result) => result.ToDisplay().ToSvg();

    /// <inheritdoc cref="IDisplay.ToText"/>
    public static string ToText(this IHasDisplay result, int width = 100) => result.ToDisplay().ToText(width);

    /// <inheritdoc cref="IDisplay.ToHtml"/>
    public static string ToHtml(this IHasDisplay result) => result.ToDisplay().ToHtml();
}
