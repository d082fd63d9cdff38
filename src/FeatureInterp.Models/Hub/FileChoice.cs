namespace FeatureInterp.Models;

/// <summary>Which of a repository's files a model is made of.</summary>
internal static class FileChoice
{
    private static readonly string[] Small =
        [ModelFiles.Config, "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "chat_template.json"];

    /// <summary>Files that Python's tools ask for and that many repositories do not have.</summary>
    public static IEnumerable<string> Absent(IReadOnlyList<string> files) => Small.Except(files, StringComparer.Ordinal);

    /// <summary>The configuration, the tokenizer, the chat templates, and of the weights the best kind there is; of a split checkpoint its index.</summary>
    /// <param name="name">The repository.</param>
    /// <param name="files">The files of the repository.</param>
    /// <exception cref="HubException">There are no weights, or several files and none was chosen.</exception>
    public static IReadOnlyList<string> Of(HubName name, IReadOnlyList<string> files)
    {
        string[] weights = [ModelFiles.Weights, ModelFiles.Index, ModelFiles.PickledWeights, ModelFiles.PickledIndex];
        if (weights.FirstOrDefault(w => files.Contains(w, StringComparer.Ordinal)) is { } best)
            return [.. files.Where(f => Small.Contains(f, StringComparer.Ordinal) || f.StartsWith("chat_template", StringComparison.Ordinal) && !f.Contains('/', StringComparison.Ordinal)), best];
        string[] gguf = [.. files.Where(IsGguf)];
        return gguf switch
        {
            [var only] => [only],
            [] => throw new HubException(HubFault.NoWeights, $"{name.Id} has no weights that can be loaded (model.safetensors, pytorch_model.bin or a .gguf file); ask for one of its files by name if it is no model."),
            _ => throw new HubException(HubFault.NoWeights, $"{name.Id} has {gguf.Length} .gguf files; choose one, as in {name.Id}:{HubName.Shown(gguf[0])}{Names(gguf)}."),
        };
    }

    /// <summary>The file of a path, or the only GGUF file that has a tag such as <c>Q4_K_M</c> in its name.</summary>
    /// <exception cref="HubException">There is none, or several have the tag.</exception>
    public static string One(HubName name, string asked, IReadOnlyList<string> files)
    {
        if (files.Contains(asked, StringComparer.Ordinal))
            return asked;
        string[] tagged = [.. files.Where(f => IsGguf(f) && HasTag(f, asked))];
        return tagged switch
        {
            [var only] => only,
            [] => throw new HubException(HubFault.NotFound, $"{name.Id} has no file '{asked}'{Nearest(asked, files)}."),
            _ => throw new HubException(HubFault.NoWeights, $"{name.Id} has {tagged.Length} .gguf files with '{asked}' in their names; give one in full{Names(tagged)}."),
        };
    }

    /// <summary>Whether a file name has a tag between dots, dashes or folder names; case does not matter.</summary>
    public static bool HasTag(string file, string tag)
    {
        for (var at = 0; (at = file.IndexOf(tag, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            var end = at + tag.Length;
            if ((at == 0 || IsBoundary(file[at - 1])) && (end == file.Length || IsBoundary(file[end])))
                return true;
        }

        return false;
    }

    private static bool IsBoundary(char c) => c is '.' or '-' or '/';

    private static bool IsGguf(string file) => file.EndsWith(ModelFiles.Gguf, StringComparison.OrdinalIgnoreCase);

    private static string Names(string[] files) =>
        " (it has " + string.Join(", ", files.Take(8).Select(HubName.Shown)) + (files.Length > 8 ? ", …)" : ")");

    private static string Nearest(string asked, IReadOnlyList<string> files) =>
        Tensors.NearestName.Of(asked, files.Where(f => f.Length <= 200).Take(2000)) is { } nearest ? $"; did you mean '{HubName.Shown(nearest)}'?" : "; it has no files at all";
}
