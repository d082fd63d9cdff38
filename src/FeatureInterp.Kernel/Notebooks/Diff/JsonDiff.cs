using System.Globalization;
using System.Text.Json;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Compares two pieces of JSON: members whatever their order, numbers within the tolerance, strings as text with numbers in it.</summary>
internal static class JsonDiff
{
    public static void Compare(JsonElement a, JsonElement b, DifferencePlace place, DiffLog log)
    {
        if (a.ValueKind != b.ValueKind)
        {
            log.Add(new(DifferenceKind.Text, place, a.GetRawText(), b.GetRawText()));
            return;
        }

        switch (a.ValueKind)
        {
            case JsonValueKind.Object:
                Members(a, b, place, log);
                break;
            case JsonValueKind.Array:
                Items(a, b, place, log);
                break;
            case JsonValueKind.Number:
                log.Piece(Number(a), Number(b), place);
                break;
            case JsonValueKind.String:
                UnitDiff.Compare(DiffUnit.OfText(a.GetString()!), DiffUnit.OfText(b.GetString()!), place, log);
                break;
        }
    }

    private static void Members(JsonElement a, JsonElement b, DifferencePlace place, DiffLog log)
    {
        foreach (var name in a.EnumerateObject().Select(p => p.Name).Union(b.EnumerateObject().Select(p => p.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var at = place with { Path = $"{place.Path}.{name}" };
            var (inA, inB) = (a.TryGetProperty(name, out var x), b.TryGetProperty(name, out var y));
            if (inA && inB)
                Compare(x, y, at, log);
            else
                log.Add(new(DifferenceKind.Lines, at, inA ? x.GetRawText() : null, inB ? y.GetRawText() : null));
        }
    }

    private static void Items(JsonElement a, JsonElement b, DifferencePlace place, DiffLog log)
    {
        var (countA, countB) = (a.GetArrayLength(), b.GetArrayLength());
        if (countA != countB)
        {
            log.Add(new(DifferenceKind.Lines, place, $"{countA} items", $"{countB} items", Math.Abs(countA - countB), 0));
            return;
        }

        foreach (var (i, (x, y)) in a.EnumerateArray().Zip(b.EnumerateArray()).Index())
            Compare(x, y, place with { Path = string.Create(CultureInfo.InvariantCulture, $"{place.Path}[{i}]") }, log);
    }

    // JSON's grammar of numbers is within the scanner's, with one piece to a number.
    private static TextPiece Number(JsonElement json) => TextScanner.Scan(json.GetRawText())[0];
}
