using System.Text.Json;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Compares one output of two runs.</summary>
internal static class OutputDiff
{
    public static void Compare(CellOutput? a, CellOutput? b, DifferencePlace place, DiffLog log)
    {
        if (a is null || b is null || !string.Equals(KindOf(a), KindOf(b), StringComparison.Ordinal))
        {
            log.Add(new(DifferenceKind.Output, place with { MimeType = a is null || b is null ? KindOf(a ?? b!) : null }, Shown(a), Shown(b)));
            return;
        }

        switch (a, b)
        {
            case (StreamOutput x, StreamOutput y):
                UnitDiff.Compare(DiffUnit.OfText(x.Text), DiffUnit.OfText(y.Text), place with { MimeType = KindOf(a) }, log);
                break;
            case (ErrorOutput x, ErrorOutput y):
                UnitDiff.Compare(DiffUnit.OfText($"{x.Name}: {x.Message}"), DiffUnit.OfText($"{y.Name}: {y.Message}"), place with { MimeType = "error" }, log);
                break;
            case (UnknownOutput x, UnknownOutput y):
                JsonDiff.Compare(x.Json, y.Json, place with { MimeType = KindOf(a), Path = "$" }, log);
                break;
            default:
                Bundles(BundleOf(a), BundleOf(b), place, log);
                break;
        }
    }

    private static void Bundles(MimeBundle a, MimeBundle b, DifferencePlace place, DiffLog log)
    {
        foreach (var type in a.Items.Keys.Union(b.Items.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var at = place with { MimeType = type };
            var (x, y) = (a.Items.GetValueOrDefault(type), b.Items.GetValueOrDefault(type));
            if (x is null || y is null)
                log.Add(new(DifferenceKind.Output, at, x is null ? null : "(has it)", y is null ? null : "(has it)"));
            else
                Contents(type, x, y, at, log);
        }
    }

    private static void Contents(string type, string a, string b, DifferencePlace place, DiffLog log)
    {
        if (MimeBundle.IsJson(type) && Json(a) is { } x && Json(b) is { } y)
        {
            using (x)
            using (y)
                JsonDiff.Compare(x.RootElement, y.RootElement, place with { Path = "$" }, log);
        }
        else if (type is MimeBundle.HtmlType or MimeBundle.SvgType)
        {
            var (markupA, markupB) = (MarkupScanner.Scan(a), MarkupScanner.Scan(b));
            UnitDiff.Compare(markupA.Units, markupB.Units, place, log);
            DotDiff.Compare(markupA.Dots, markupB.Dots, place, log);
        }
        else if (type.StartsWith("image/", StringComparison.Ordinal))
        {
            var (p, q) = (a.ReplaceLineEndings(""), b.ReplaceLineEndings(""));
            if (!string.Equals(p, q, StringComparison.Ordinal))
                log.Add(new(DifferenceKind.Bytes, place, $"{p.Length} characters of base64", $"{q.Length} characters of base64"));
        }
        else
        {
            UnitDiff.Compare(DiffUnit.OfText(a), DiffUnit.OfText(b), place, log);
        }
    }

    private static JsonDocument? Json(string text)
    {
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 128 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static MimeBundle BundleOf(CellOutput output) => output switch
    {
        DisplayOutput d => d.Data,
        ResultOutput r => r.Data,
        _ => throw new ArgumentException($"An output of type {output.GetType().Name} has no MIME types.", nameof(output)),
    };

    private static string KindOf(CellOutput output) => output switch
    {
        StreamOutput { Stream: StandardStream.Output } => "stdout",
        StreamOutput => "stderr",
        DisplayOutput => "display",
        ResultOutput => "result",
        ErrorOutput => "error",
        _ => "unknown",
    };

    private static string? Shown(CellOutput? output) => output switch
    {
        null => null,
        StreamOutput s => $"{KindOf(s)}: {FirstLine(s.Text)}",
        ErrorOutput e => $"{e.Name}: {e.Message}",
        DisplayOutput or ResultOutput => $"{KindOf(output)}: {FirstLine(BundleOf(output).PlainText ?? string.Join(", ", BundleOf(output).Items.Keys))}",
        _ => KindOf(output),
    };

    private static string FirstLine(string text) => text.Split('\n').FirstOrDefault(l => !string.IsNullOrWhiteSpace(l)) ?? "";
}
