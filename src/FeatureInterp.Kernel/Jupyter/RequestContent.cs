using System.Text.Json;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A request's body, read field by field; a field of the wrong kind is told to whoever asked and ends nothing.</summary>
/// <param name="type">The request's type, for the sentence.</param>
/// <param name="content">A JSON object.</param>
internal sealed class RequestContent(string type, JsonElement content)
{
    /// <summary>A string.</summary>
    /// <exception cref="BadRequestException">It is missing and there is nothing to take instead, or it is not a string.</exception>
    public string Text(string name, string? otherwise = null)
    {
        if (!Find(name, out var value))
            return otherwise ?? throw new BadRequestException($"{type} has no '{name}', and wanted is a string.");
        return Text(name, value);
    }

    /// <summary>A boolean.</summary>
    /// <exception cref="BadRequestException">It is there and is not one.</exception>
    public bool Flag(string name, bool otherwise)
    {
        if (!Find(name, out var value))
            return otherwise;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, value, "true or false"),
        };
    }

    /// <summary>A whole number.</summary>
    /// <exception cref="BadRequestException">It is there and is not one of 32 bits.</exception>
    public int Number(string name, int otherwise)
    {
        if (!Find(name, out var value))
            return otherwise;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Wrong(name, value, "a whole number");
    }

    /// <summary>An object whose values are strings, in its own order.</summary>
    /// <exception cref="BadRequestException">It is there and is something else.</exception>
    public IReadOnlyList<KeyValuePair<string, string>> Texts(string name)
    {
        if (!Find(name, out var value))
            return [];
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong(name, value, "an object");
        try
        {
            return [.. value.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Text(p.Name, p.Value)))];
        }
        catch (InvalidOperationException)
        {
            throw new BadRequestException($"{type}: a name in '{name}' is not valid text.");
        }
    }

    private bool Find(string name, out JsonElement value) => content.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private string Text(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Wrong(name, value, "a string");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new BadRequestException($"{type}: '{name}' holds half of a surrogate pair, which is not text.");
        }
    }

    private BadRequestException Wrong(string name, JsonElement value, string wanted) => new($"{type}: '{name}' is {value.ValueKind}, and wanted is {wanted}.");
}

/// <summary>A request that cannot be answered as it stands; the sentence goes into the reply.</summary>
internal sealed class BadRequestException(string message) : Exception(message);
