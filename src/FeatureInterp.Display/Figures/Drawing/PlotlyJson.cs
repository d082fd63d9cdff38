using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>Values and texts as plotly wants them.</summary>
internal static class PlotlyJson
{
    /// <summary>The trace's name in the box beside the hover text. By reference, so that a name cannot act as a template.</summary>
    public const string NameInHover = "<extra>%{fullData.name}</extra>";

    /// <summary>Text in which plotly finds neither tags nor a template.</summary>
    public static string Escape(string text) => VisibleText.Label(text)
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal).Replace("%{", "%&#123;", StringComparison.Ordinal);

    /// <summary>Numbers, what cannot be drawn as null. A number that came from a float is written with a float's digits.</summary>
    public static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WritePropertyName(name);
        WriteNumbers(json, values);
    }

    /// <summary>Numbers as an element of a list of lists.</summary>
    public static void WriteNumbers(Utf8JsonWriter json, IEnumerable<double> values)
    {
        json.WriteStartArray();
        foreach (var value in values)
        {
            if (!Numbers.CanDraw(value))
                json.WriteNullValue();
            else if ((double)(float)value == value)
                json.WriteNumberValue((float)value);
            else
                json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    public static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WritePropertyName(name);
        WriteTexts(json, texts);
    }

    /// <summary>Texts as an element of a list of lists.</summary>
    public static void WriteTexts(Utf8JsonWriter json, IEnumerable<string> texts)
    {
        json.WriteStartArray();
        foreach (var text in texts)
            json.WriteStringValue(Escape(text));
        json.WriteEndArray();
    }
}
