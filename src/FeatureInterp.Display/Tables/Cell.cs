using System.Globalization;

namespace FeatureInterp.Display;

/// <summary>One cell of a <see cref="Table"/>: text, a number, or nothing. Strings and numbers convert to it by themselves.</summary>
public readonly record struct Cell
{
    private Cell(string? text, double? number, bool isInteger) => (Text, Number, IsInteger) = (text, number, isInteger);

    /// <summary>The text, or null for a number.</summary>
    public string? Text { get; }

    /// <summary>The number, or null for text.</summary>
    public double? Number { get; }

    /// <summary>True when the number counts something and is shown in full.</summary>
    public bool IsInteger { get; }

    /// <summary>A cell with text; null gives an empty cell.</summary>
    public static implicit operator Cell(string? text) => new(text ?? "", null, false);

    /// <summary>A cell with a number.</summary>
    public static implicit operator Cell(double number) => new(null, number, false);

    /// <summary>A cell with a number.</summary>
    public static implicit operator Cell(float number) => new(null, number, false);

    /// <summary>A cell with a count or an index, shown in full.</summary>
    public static implicit operator Cell(int number) => new(null, number, true);

    /// <summary>A cell with a count or an index, shown in full up to 2⁵³.</summary>
    public static implicit operator Cell(long number) => new(null, number, true);

    /// <summary>The cell as it is shown: on one line, with what cannot be seen made visible.</summary>
    internal string Show(string? format)
    {
        if (Number is not { } number)
            return VisibleText.Label(Text);
        if (format is not null && double.IsFinite(number))
            return VisibleText.Line(number.ToString(format, CultureInfo.InvariantCulture));
        return IsInteger ? number.ToString("0", CultureInfo.InvariantCulture) : Numbers.Short(number);
    }
}
