using FeatureInterp.Kernel.Interactive;
using FeatureInterp.Kernel.Scripting;
using Microsoft.AspNetCore.Html;

namespace Microsoft.DotNet.Interactive;

#pragma warning disable IDE1006, MA0182 // Spelled as C# notebooks have always spelled them.

/// <summary>
/// The functions every cell can call without naming a class. Namespace and name are those of .NET Interactive, so that notebooks that say
/// <c>using Microsoft.DotNet.Interactive;</c> or <c>Kernel.display(x)</c> run unedited; nothing else of that library is here.
/// </summary>
public static class Kernel
{
    /// <summary>Shows a value now, in the MIME types given or in those its type prefers; <c>display(x).Update(y)</c> replaces it.</summary>
    public static DisplayedValue display(object? value, params string[] mimeTypes) => DisplayedValue.Show(value, mimeTypes);

    /// <summary>Text that is HTML, to return from a cell or to display.</summary>
    public static IHtmlContent HTML(string content) => new HtmlString(content);

    /// <summary>Shows a script, which a front end that trusts the notebook runs.</summary>
    public static void Javascript(string scriptContent) => Show("javascript", scriptContent);

    /// <summary>Shows a style sheet, which applies to the page the output stands in.</summary>
    public static void CSS(string content) => Show("html", $"<style>\n{content}\n</style>");

    /// <summary>Shows Markdown.</summary>
    public static void Markdown(string content) => Show("markdown", content);

    /// <summary>Takes away what this cell has put out so far.</summary>
    /// <param name="wait">Only once something new comes, which does not flicker.</param>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    public static void ClearOutput(bool wait = false) => Cell.Sink.ClearOutput(wait);

    /// <summary>Asks whoever sits before the notebook for a line of text.</summary>
    /// <param name="prompt">What to ask.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="InvalidOperationException">There is nobody to ask, as in a headless run, or no cell is running.</exception>
    public static Task<string> GetInputAsync(string prompt = "") => AskAsync(prompt, password: false);

    /// <summary>Asks for a password, which is not shown while it is typed nor when the result is displayed.</summary>
    /// <param name="prompt">What to ask.</param>
    /// <returns>The password; <see cref="PasswordString.GetClearTextPassword"/> gives its text.</returns>
    /// <exception cref="InvalidOperationException">There is nobody to ask, as in a headless run, or no cell is running.</exception>
    public static async Task<PasswordString> GetPasswordAsync(string prompt = "") => new(await AskAsync(prompt, password: true));

    private static CellContext Cell => KernelContext.Current
        ?? throw new InvalidOperationException("This was called outside a running cell; call it from a cell or from a task the cell started.");

    private static Task<string> AskAsync(string prompt, bool password)
    {
        var cell = Cell;
        return Task.Run(() => cell.Sink.ReadLine(prompt, password, cell.Token), CancellationToken.None);
    }

    private static void Show(string kernel, string content) =>
        Cell.Sink.Display(FeatureInterp.Kernel.Scripting.Magics.CellContent.TryFormat(kernel, content)!, Cell.NextDisplayId());
}
