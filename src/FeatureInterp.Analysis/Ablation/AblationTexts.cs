using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>The greedy texts of an ablation, and the grids in them beside that of the answer.</summary>
internal static class AblationTexts
{
    public static IEnumerable<IDisplay> Draw(AblationResult result, AblatedAnswer[] ranked)
    {
        (string Name, string Text)[] texts =
        [
            .. result.CleanText is { } clean ? [("the model", clean)] : Array.Empty<(string, string)>(),
            .. result.ReferenceText is { } reference ? [("with the SAE, nothing ablated", reference)] : Array.Empty<(string, string)>(),
            .. ranked.Where(l => l.Text is not null).Select(l => ("without " + AblationDisplay.Name(l), l.Text!)),
        ];
        if (texts.Length == 0)
            yield break;
        yield return new Table(["greedy text of", "text"], [.. texts.Select(t => (Cell[])[t.Name, t.Text])], "Greedy texts");
        var answer = GridText.Find(string.Concat(result.Reference.Tokens.Select(t => t.Text)));
        if (answer is null)
            yield break;
        yield return new Heading("The answer's grid and those of the texts");
        yield return new CellGrid(answer.Rows, "the answer");
        foreach (var (name, text) in texts)
        {
            yield return GridText.Find(text) is { } grid
                ? new CellGrid(grid.Rows, grid.IsWhole ? name : $"{name} (the grid is not whole)", answer.Rows)
                : new Paragraph($"There is no grid in the text of {name}.");
        }
    }
}
