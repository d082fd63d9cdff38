using System.Reflection;
using System.Runtime.CompilerServices;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Whether a value's ToString ends soon. The one the compiler writes for records, anonymous types and tuples prints each member's, so a record
/// that contains itself prints until the stack is full, and unwinding that takes minutes.
/// </summary>
internal static class RecordGraph
{
    private const int MaxDepth = 64;
    private const int MaxValues = 10_000;

    /// <summary>Whether the value and what it prints nest at most 64 deep and are at most 10,000 values.</summary>
    public static bool IsSmall(object value)
    {
        var left = MaxValues;
        return Fits(value, MaxDepth, ref left);
    }

    private static bool Fits(object? value, int depth, ref int left)
    {
        if (value is null || !PrintsItsMembers(value))
            return true;
        if (depth == 0 || --left < 0)
            return false;
        foreach (var member in Members(value))
        {
            if (!Fits(member, depth - 1, ref left))
                return false;
        }

        return true;
    }

    private static bool PrintsItsMembers(object value)
    {
        var type = value.GetType();
        return value is ITuple
            || type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly) is not null
            || (type.Name.StartsWith("<>", StringComparison.Ordinal) && type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false));
    }

    private static IEnumerable<object?> Members(object value) => value is ITuple tuple
        ? Enumerable.Range(0, tuple.Length).Select(i => tuple[i])
        : PlainText.Properties(value.GetType()).Select(p => PlainText.Read(p, value))
            .Concat(value.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance).Select(f => f.GetValue(value)));
}
