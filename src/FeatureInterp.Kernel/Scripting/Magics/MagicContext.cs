using System.Collections.Immutable;
using FeatureInterp.Kernel.Interactive;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>What a magic may use of the session and of the cell it stands in.</summary>
/// <param name="Session">The session.</param>
/// <param name="Cell">The cell.</param>
/// <param name="Importing">The files being imported, outermost first.</param>
internal sealed record MagicContext(CSharpSession Session, CellContext Cell, ImmutableArray<string> Importing)
{
    /// <summary>Shows something now.</summary>
    public void Show(MimeBundle data) => Cell.Sink.Display(data, Cell.NextDisplayId());

    /// <summary>Declares a variable of the session that holds <paramref name="value"/>.</summary>
    /// <param name="name">A C# identifier; checked by the compiler's own rules.</param>
    /// <param name="value">What it holds; its type is the variable's.</param>
    /// <exception cref="MagicException">The name is none.</exception>
    public async Task<CellResult?> DeclareAsync<T>(string name, T value)
        where T : class
    {
        var key = HandedOver.Give(value);
        var type = typeof(T) == typeof(object) ? PlainText.CodeName(value.GetType()) : PlainText.CodeName(typeof(T));
        return await RunAsync($"{type} {Identifier(name)} = global::{typeof(HandedOver).FullName}.Take<{type}>(\"{key}\");").ConfigureAwait(false);
    }

    /// <summary>Runs code in the session; null when all went well.</summary>
    public async Task<CellResult?> RunAsync(string code)
    {
        var result = await Session.RunCodeAsync(code, code, Cell).ConfigureAwait(false);
        return result.Status == CellStatus.Succeeded ? null : result;
    }

    /// <summary>The name as C# code.</summary>
    /// <exception cref="MagicException">It is not a C# identifier.</exception>
    public static string Identifier(string name) => Microsoft.CodeAnalysis.CSharp.SyntaxFacts.IsValidIdentifier(name)
        ? "@" + name
        : throw new MagicException($"'{name}' is not a name a C# variable can have; wanted letters, digits and _, not starting with a digit.");

    /// <summary>Asks whoever sits before the notebook.</summary>
    /// <exception cref="MagicException">There is nobody to ask.</exception>
    public async Task<string> AskAsync(string prompt, bool password)
    {
        try
        {
            return await Task.Run(() => Cell.Sink.ReadLine(prompt, password, Cell.Token), CancellationToken.None).ConfigureAwait(false);
        }
        catch (InvalidOperationException e)
        {
            throw new MagicException(e.Message);
        }
    }

    /// <summary>A path as the notebook means it: relative ones start at its folder.</summary>
    public string Resolve(string path) =>
        Path.GetFullPath(path, Importing is [.., var file] ? Path.GetDirectoryName(file)! : Session.BaseDirectory);
}
