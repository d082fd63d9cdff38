using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Any value as text worth reading in a terminal, the same on every machine.</summary>
internal static class PlainText
{
    /// <summary>The most items of a sequence shown.</summary>
    public const int MaxItems = 100;

    /// <summary>The most letters of a string shown inside something else.</summary>
    private const int MaxInnerString = 4000;

    private const int LineWidth = 100;
    private const int MaxInline = 60;
    private const int MaxDepth = 3;

    /// <summary>The value at full length: a string is itself, rows of fields are a table, a sequence shows its first 100 items.</summary>
    public static string Format(object? value) => value switch
    {
        string s => s,
        Exception e => $"{e.GetType().Name}: {e.Message}",
        Task t => $"{TypeName(t.GetType())} ({t.Status}); write 'await' before it to see its result",
        IEnumerable items when !PrintsItself(items) => RecordTable.TryCreate(items)?.ToText() ?? Sequence(items, 0),
        _ => Inline(value, 0),
    };

    /// <summary>The value at full length, without asking a formatter of its type, which may have thrown.</summary>
    public static string WithoutFormatter(object value) => Body(value, 0);

    /// <summary>The value on one short line, as a table's field.</summary>
    public static string Field(object? value)
    {
        var text = value is string s ? s : Inline(value, 1);
        text = text.Length > 2 * MaxInline ? text[..(2 * MaxInline)] : text;
        text = string.Concat(text.Select(c => c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => c.ToString() }));
        return text.Length <= MaxInline ? text : string.Concat(text.AsSpan(0, MaxInline - 1), "…");
    }

    /// <summary>A type as C# would name it, without namespaces.</summary>
    public static string TypeName(Type type)
    {
        if (type.IsArray)
            return $"{TypeName(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        var name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(TypeName))}>" : name;
    }

    /// <summary>A type as code that names it in full, from any namespace.</summary>
    public static string CodeName(Type type)
    {
        if (type.IsArray)
            return $"{CodeName(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        var name = "global::" + type.FullName!.Split('`')[0].Replace('+', '.');
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(CodeName))}>" : name;
    }

    /// <summary>A property's value, or a mark that reading it threw.</summary>
    public static object? Read(PropertyInfo property, object owner)
    {
        try
        {
            return property.GetValue(owner);
        }
        catch (TargetInvocationException e)
        {
            return $"({e.InnerException?.GetType().Name})";
        }
    }

    /// <summary>The properties worth showing: public, readable, not indexers.</summary>
    public static PropertyInfo[] Properties(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanRead && p.GetIndexParameters().Length == 0 && !p.PropertyType.IsByRefLike)];

    /// <summary>Whether the value is one thing and not made of parts: a number, text, an enum, a date.</summary>
    public static bool IsScalar(object? value) => value is null or string or IFormattable or bool or char or Type || value.GetType().IsPrimitive;

    private static string Inline(object? value, int depth) => value switch
    {
        null => "null",
        string s when s.Length > MaxInnerString => string.Create(CultureInfo.InvariantCulture, $"\"{s.AsSpan(0, MaxInnerString)}…\" ({s.Length} letters)"),
        string s => $"\"{s}\"",
        bool b => b ? "true" : "false",
        char c => c.ToString(),
        Type t => TypeName(t),
        _ when ValueFormatter.HasOwnFormatter(value) && Own(value, depth) is { } own => own,
        _ => Body(value, depth),
    };

    // At the top the caller wants to know what a formatter threw; inside something else the rest is still worth showing.
    private static string? Own(object value, int depth)
    {
        try
        {
            return ValueFormatter.Own(value, MimeBundle.PlainTextType);
        }
        catch (Exception e) when (depth > 0)
        {
            return $"({e.GetType().Name} in the formatter of {TypeName(value.GetType())})";
        }
    }

    private static string Body(object value, int depth) => value switch
    {
        JsonDocument json => json.RootElement.GetRawText(),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        ITuple t => $"({string.Join(", ", Enumerable.Range(0, t.Length).Select(i => Inline(t[i], depth + 1)))})",
        _ when PrintsItself(value) && RecordGraph.IsSmall(value) => value.ToString() ?? "",
        IEnumerable items => depth < MaxDepth ? Sequence(items, depth) : TypeName(items.GetType()),
        _ => depth < MaxDepth ? Members(value, depth) : TypeName(value.GetType()),
    };

    private static string Sequence(IEnumerable items, int depth)
    {
        var shown = items.Cast<object?>().Take(MaxItems + 1).Select(i => Inline(i, depth + 1)).ToList();
        if (shown.Count > MaxItems)
            shown[MaxItems] = items is ICollection c ? string.Create(CultureInfo.InvariantCulture, $"… {c.Count - MaxItems} more") : "…";
        var line = $"[{string.Join(", ", shown)}]";
        return depth > 0 || line.Length <= LineWidth ? line : Wrapped(shown);
    }

    private static string Wrapped(List<string> items)
    {
        var text = new StringBuilder("[");
        var width = 1;
        foreach (var (i, item) in items.Index())
        {
            if (i > 0 && width + item.Length + 2 > LineWidth)
            {
                text.Append("\n ");
                width = 1;
            }

            text.Append(item).Append(i < items.Count - 1 ? ", " : "]");
            width += item.Length + 2;
        }

        return text.ToString();
    }

    private static string Members(object value, int depth)
    {
        var members = Properties(value.GetType()).Select(p => $"{p.Name} = {Inline(Read(p, value), depth + 1)}").ToList();
        return members.Count == 0 ? TypeName(value.GetType()) : $"{TypeName(value.GetType())} {{ {string.Join(", ", members)} }}";
    }

    /// <summary>Whether its author gave it a text: records, anonymous types and whatever else has a ToString of its own.</summary>
    internal static bool PrintsItself(object value) =>
        value is not Array
        && value.GetType().GetMethod(nameof(ToString), BindingFlags.Public | BindingFlags.Instance, [])?.DeclaringType is { } declaring
        && declaring != typeof(object) && declaring != typeof(ValueType);
}
