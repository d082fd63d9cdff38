using System.Globalization;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// A dot of a scatter of thousands, drawn as <c>&lt;path stroke-width="…" d="Mx yVy…"/&gt;</c>, one path for all dots of one size. The size
/// tells how dense they lie, so a dot on the edge of two sizes changes its path: dots are compared as a set, not as a text.
/// </summary>
/// <param name="Series">Which group of the figure it is in, and the path's other attributes.</param>
/// <param name="X">Across, in pixels.</param>
/// <param name="Y">Down, in pixels.</param>
/// <param name="Radius">Half the stroke's width.</param>
internal readonly record struct Dot(string Series, double X, double Y, double Radius)
{
    /// <summary>Reads the dots of a tag.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="group">The number of the group it is in.</param>
    /// <returns>The dots; null when the tag is not a path of nothing but dots.</returns>
    public static List<Dot>? Read(string tag, int group)
    {
        if (!tag.StartsWith("<path ", StringComparison.Ordinal) || Attribute(tag, "d") is not { } d || Attribute(tag, "stroke-width") is not { } stroke
            || !double.TryParse(tag[stroke], CultureInfo.InvariantCulture, out var width))
        {
            return null;
        }

        var numbers = TextScanner.Scan(tag[d], PieceKind.Length);
        var dots = new List<Dot>();
        var rest = tag.Replace(tag[d], "", StringComparison.Ordinal).Replace($"\"{tag[stroke]}\"", "", StringComparison.Ordinal);
        var series = string.Create(CultureInfo.InvariantCulture, $"{group} {rest}");
        // M x␣y V y
        for (var i = 0; i < numbers.Count; i += 6)
        {
            if (i + 5 >= numbers.Count || numbers[i].Text is not "M" || numbers[i + 2].Text is not (" " or ",") || numbers[i + 4].Text is not "V"
                || !numbers[i + 1].IsNumeric || !numbers[i + 3].IsNumeric || !numbers[i + 5].IsNumeric || numbers[i + 3].Value != numbers[i + 5].Value)
            {
                return null;
            }

            dots.Add(new Dot(series, numbers[i + 1].Value, numbers[i + 3].Value, width / 2));
        }

        return dots.Count == 0 ? null : dots;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"a dot at {X} {Y}, radius {Radius}");

    private static Range? Attribute(string tag, string name)
    {
        var start = tag.IndexOf($" {name}=\"", StringComparison.Ordinal);
        if (start < 0)
            return null;
        start += name.Length + 3;
        return tag.IndexOf('"', start) is >= 0 and var end ? start..end : null;
    }
}
