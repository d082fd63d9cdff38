using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Runner;

/// <summary>A value from the command line as a C# expression of a given type.</summary>
internal static class ParameterLiteral
{
    /// <summary>
    /// The expression: numbers, booleans and characters are read invariantly, strings are taken as they are, enums by member name; any
    /// other type takes the text as C#. Null when the text is not a value of the type.
    /// </summary>
    public static string? Of(Type type, string text)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return string.Equals(text, "null", StringComparison.Ordinal) ? "null" : Of(inner, text);
        if (type.IsEnum)
            return Enum.GetNames(type).FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } member ? $"{FullName(type)}.{member}" : null;
        if (type == typeof(string))
            return SymbolDisplay.FormatLiteral(text, quote: true);
        if (type == typeof(bool))
            return bool.TryParse(text, out var b) ? (b ? "true" : "false") : null;
        if (type == typeof(char))
            return text.Length == 1 ? SymbolDisplay.FormatLiteral(text[0], quote: true) : null;
        return Number(type, text);
    }

    /// <summary>What a type wants, in words.</summary>
    public static string Wanted(Type type) => Nullable.GetUnderlyingType(type) is { } inner ? Wanted(inner) + " or null"
        : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : type == typeof(bool) ? "true or false"
        : type == typeof(char) ? "one character"
        : Type.GetTypeCode(type) switch
        {
            TypeCode.Single or TypeCode.Double or TypeCode.Decimal => "a number",
            _ => "a whole number that fits " + Scripting.PlainText.TypeName(type),
        };

    private static string? Number(Type type, string text) => Type.GetTypeCode(type) switch
    {
        TypeCode.Int32 => Parsed<int>(text, ""),
        TypeCode.Int64 => Parsed<long>(text, "L"),
        TypeCode.UInt32 => Parsed<uint>(text, "u"),
        TypeCode.UInt64 => Parsed<ulong>(text, "UL"),
        TypeCode.Byte => Parsed<byte>(text, ""),
        TypeCode.SByte => Parsed<sbyte>(text, ""),
        TypeCode.Int16 => Parsed<short>(text, ""),
        TypeCode.UInt16 => Parsed<ushort>(text, ""),
        TypeCode.Single => Real(float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var f), f, "float", "f"),
        TypeCode.Double => Real(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d), d, "double", "d"),
        TypeCode.Decimal => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var m) ? m.ToString(CultureInfo.InvariantCulture) + "m" : null,
        _ => text,
    };

    private static string? Parsed<T>(string text, string suffix) where T : struct, IParsable<T>, IFormattable =>
        T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value.ToString(null, CultureInfo.InvariantCulture) + suffix : null;

    private static string? Real(bool parsed, double value, string type, string suffix) => (parsed, value) switch
    {
        (false, _) => null,
        (_, double.NaN) => $"{type}.NaN",
        (_, double.PositiveInfinity) => $"{type}.PositiveInfinity",
        (_, double.NegativeInfinity) => $"{type}.NegativeInfinity",
        _ => value.ToString("R", CultureInfo.InvariantCulture) + suffix,
    };

    // An enum declared in a cell has no name outside the session; its nesting in the submission is not spelled.
    private static string FullName(Type type) =>
        type.DeclaringType is { } outer && outer.Name.StartsWith("Submission#", StringComparison.Ordinal) ? type.Name
        : type.DeclaringType is { } owner ? $"{FullName(owner)}.{type.Name}"
        : $"global::{type.FullName}";
}
