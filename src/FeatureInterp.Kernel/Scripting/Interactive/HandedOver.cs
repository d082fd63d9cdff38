using System.Collections.Concurrent;
using System.Globalization;

namespace FeatureInterp.Kernel.Interactive;

/// <summary>
/// Values on their way from the kernel into a variable of the session (<c>#!set</c>, <c>#!value</c>), so that a password or ten
/// million letters never become program text. Each can be taken once.
/// </summary>
public static class HandedOver
{
    private static readonly ConcurrentDictionary<string, object> Waiting = new(StringComparer.Ordinal);
    private static long _count;

    /// <summary>Takes the value.</summary>
    /// <param name="key">The key it was given under.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="KeyNotFoundException">It was taken before, or never given.</exception>
    public static T Take<T>(string key) => Waiting.TryRemove(key, out var value)
        ? (T)value
        : throw new KeyNotFoundException($"There is no value '{key}' to take; the kernel hands each over once.");

    internal static string Give(object value)
    {
        var key = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        Waiting[key] = value;
        return key;
    }
}
