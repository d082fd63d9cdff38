namespace FeatureInterp.Display;

/// <summary>
/// Tells a notebook host where a type's formatters are. Hosts find it by its simple name, whatever its namespace
/// (the convention of Microsoft.DotNet.Interactive.Formatting), so that a library draws itself without a reference to the host.
/// </summary>
/// <param name="formatterSourceType">
/// A type with a public parameterless constructor and a method <c>IEnumerable&lt;object&gt; CreateTypeFormatters()</c>,
/// normally <see cref="DisplayFormatterSource"/>.
/// </param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    /// <summary>The type that creates the formatters.</summary>
    public Type FormatterSourceType { get; } = formatterSourceType;

    /// <summary>The MIME types a host should store by default, best first. Each must have a formatter; null leaves the choice to the host.</summary>
    public string[]? PreferredMimeTypes { get; set; }
}
