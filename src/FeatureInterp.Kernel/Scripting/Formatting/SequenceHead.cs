using System.Collections;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// The first items of a sequence that makes them as they are asked for, so that showing it runs its code once: a query over a file, a
/// generator that prints, one without end.
/// </summary>
internal sealed class SequenceHead : IEnumerable
{
    private readonly List<object?> _items;

    private SequenceHead(List<object?> items) => _items = items;

    /// <summary>The head of <paramref name="value"/> when it is such a sequence; otherwise the value.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="length">How many items are needed to show it and to know that there are more.</param>
    public static object? Of(object? value, int length) => value is IEnumerable items && IsLazy(value) ? new SequenceHead([.. items.Cast<object?>().Take(length)]) : value;

    /// <inheritdoc/>
    public IEnumerator GetEnumerator() => _items.GetEnumerator();

    private static bool IsLazy(object value) =>
        value is not (string or ICollection) && !value.GetType().GetInterfaces().Any(IsCounted) && !PlainText.PrintsItself(value) && !ValueFormatter.HasOwnFormatter(value);

    private static bool IsCounted(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var kind && (kind == typeof(ICollection<>) || kind == typeof(IReadOnlyCollection<>));
}
