using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting.Assist;

/// <summary>Questions about code in which <c>|</c> is the cursor.</summary>
internal static class Asked
{
    public static (string Code, int Position) Cursor(string marked)
    {
        var at = marked.IndexOf('|', StringComparison.Ordinal);
        Assert.True(at >= 0, "no cursor");
        return (marked.Remove(at, 1), at);
    }

    public static CompletionList Complete(this Cells cells, string marked)
    {
        var (code, position) = Cursor(marked);
        return cells.Session.Assistant.Complete(code, position, TestContext.Current.CancellationToken);
    }

    public static string[] Names(this Cells cells, string marked) => [.. cells.Complete(marked).Items.Select(i => i.Text)];

    public static string? Text(this Cells cells, string marked, int detail = 0)
    {
        var (code, position) = Cursor(marked);
        return cells.Session.Assistant.Inspect(code, position, detail, TestContext.Current.CancellationToken)?.Data.PlainText;
    }
}
