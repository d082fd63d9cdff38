namespace FeatureInterp.Kernel.Jupyter;

/// <summary>What an <c>execute_request</c> asks for.</summary>
/// <param name="Code">The cell.</param>
/// <param name="Silent">Nobody is to hear of it: no output is published, nothing is counted or remembered.</param>
/// <param name="StoreHistory">Whether it is counted and remembered.</param>
/// <param name="AllowStdin">Whether the cell may ask the user.</param>
/// <param name="UserExpressions">Name to C# expression, evaluated after the cell if it succeeds; the values go into the reply.</param>
internal sealed record ExecuteRequest(string Code, bool Silent, bool StoreHistory, bool AllowStdin, IReadOnlyList<KeyValuePair<string, string>> UserExpressions)
{
    /// <summary>Reads one; what is missing has the protocol's default.</summary>
    /// <exception cref="BadRequestException">A field is of the wrong kind, or there is no code.</exception>
    public static ExecuteRequest Read(RequestContent content)
    {
        var silent = content.Flag("silent", otherwise: false);
        _ = content.Flag("stop_on_error", otherwise: true);
        return new(
            content.Text("code"), silent, content.Flag("store_history", otherwise: !silent), content.Flag("allow_stdin", otherwise: true), content.Texts("user_expressions"));
    }
}
