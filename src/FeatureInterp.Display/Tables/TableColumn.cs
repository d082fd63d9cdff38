using System.Globalization;

namespace FeatureInterp.Display;

/// <summary>Where the cells of a column stand.</summary>
public enum Alignment
{
    /// <summary>Right for a column of numbers, left otherwise.</summary>
    Automatic,

    /// <summary>At the left edge.</summary>
    Left,

    /// <summary>At the right edge.</summary>
    Right,

    /// <summary>In the middle.</summary>
    Center,
}

/// <summary>One column of a <see cref="Table"/>. A string converts to a column of that header.</summary>
public sealed record TableColumn
{
    /// <summary>Creates a column.</summary>
    /// <param name="header">Shown above the cells.</param>
    /// <param name="align">Where the cells stand.</param>
    /// <param name="format">
    /// A .NET number format such as <c>0.00</c>, applied with the invariant culture; null shows four significant digits, and
    /// integers in full.
    /// </param>
    /// <exception cref="ArgumentException">The format is none.</exception>
    public TableColumn(string header, Alignment align = Alignment.Automatic, string? format = null)
    {
        try
        {
            _ = 1.5.ToString(format, CultureInfo.InvariantCulture);
        }
        catch (FormatException problem)
        {
            throw new ArgumentException($"Column '{header}' has the format '{format}', which is no .NET number format; use for example '0.00'.", nameof(format), problem);
        }

        Header = header;
        Align = align;
        Format = format;
    }

    /// <summary>Shown above the cells.</summary>
    public string Header { get; }

    /// <summary>Where the cells stand.</summary>
    public Alignment Align { get; }

    /// <summary>The number format, or null.</summary>
    public string? Format { get; }

    /// <summary>A column with this header.</summary>
    public static implicit operator TableColumn(string header) => new(header);
}
