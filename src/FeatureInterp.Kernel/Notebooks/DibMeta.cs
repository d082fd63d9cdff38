using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>The JSON block under <c>#!meta</c>: <c>kernelInfo</c> with the default language and the languages' names and aliases.</summary>
internal static class DibMeta
{
    private const string KernelInfoKey = "kernelInfo";

    /// <summary>Reads the block into a notebook without cells. Blank text is an empty block.</summary>
    /// <param name="json">The text between the mark and the first cell.</param>
    /// <param name="firstLine">The file's line number of the text's first line, for errors.</param>
    /// <param name="name">What to call the file in an error.</param>
    /// <exception cref="NotebookException">Not a JSON object, or <c>kernelInfo</c> is not of its form.</exception>
    public static Notebook Read(string json, int firstLine, string name)
    {
        var notebook = new Notebook();
        if (string.IsNullOrWhiteSpace(json))
            return notebook;
        try
        {
            using var document = JsonDocument.Parse(json);
            var other = notebook.Metadata.ToBuilder();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals(KernelInfoKey))
                    notebook = ReadKernels(notebook, property.Value);
                else
                    other[property.Name] = property.Value.Clone();
            }

            return notebook with { Metadata = other.ToImmutable() };
        }
        catch (JsonException e)
        {
            throw new NotebookException(
                $"{name}, line {firstLine + (e.LineNumber ?? 0)}: the text under #!meta is not JSON; wanted {{\"kernelInfo\":{{…}}}} or no #!meta at all.", e);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException)
        {
            throw new NotebookException(
                $"{name}, line {firstLine}: #!meta holds JSON of another form; wanted {{\"kernelInfo\":{{\"defaultKernelName\":\"csharp\",\"items\":[…]}}}}.", e);
        }
    }

    /// <summary>Adds the notebook's own languages and aliases to a table of known ones; known names keep their meaning.</summary>
    public static void AddNames(Notebook notebook, Dictionary<string, string> names)
    {
        foreach (var kernel in notebook.Kernels)
        {
            foreach (var alias in kernel.Aliases.Prepend(kernel.Name))
                names.TryAdd(alias, kernel.Name);
        }

        names.TryAdd(notebook.DefaultKernel, notebook.DefaultKernel);
    }

    /// <summary>The block as one line of JSON.</summary>
    public static string Write(Notebook notebook)
    {
        var root = new JsonObject { [KernelInfoKey] = KernelInfoJson(notebook) };
        return root.With(notebook.Metadata.Remove("polyglot_notebook").Remove(KernelInfoKey)).ToJsonString(NotebookJson.Compact);
    }

    /// <summary>The <c>kernelInfo</c> object, which a .dib and Polyglot's .ipynb metadata share.</summary>
    public static JsonObject KernelInfoJson(Notebook notebook) => new()
    {
        ["defaultKernelName"] = notebook.DefaultKernel,
        ["items"] = new JsonArray([.. notebook.Kernels.Select(ItemJson)]),
    };

    private static JsonNode ItemJson(KernelInfo kernel)
    {
        var item = new JsonObject { ["aliases"] = new JsonArray([.. kernel.Aliases.Select(a => (JsonNode)a)]) };
        if (kernel.LanguageName is not null)
            item["languageName"] = kernel.LanguageName;
        item["name"] = kernel.Name;
        return item;
    }

    /// <summary>Takes the languages from a <c>kernelInfo</c> object into a notebook.</summary>
    /// <exception cref="InvalidOperationException">It is not of its form.</exception>
    /// <exception cref="KeyNotFoundException">A language has no name.</exception>
    public static Notebook ReadKernels(Notebook notebook, JsonElement info)
    {
        var defaultName = info.TryGetProperty("defaultKernelName", out var d) ? d.GetString() : null;
        var kernels = info.TryGetProperty("items", out var items) ? items.EnumerateArray().Select(ReadKernel).ToImmutableArray() : notebook.Kernels;
        return notebook with { DefaultKernel = defaultName ?? KnownKernels.CSharp, Kernels = kernels };
    }

    private static KernelInfo ReadKernel(JsonElement item) => new(
        item.GetProperty("name").GetString() ?? throw new InvalidOperationException("a language without a name"),
        item.TryGetProperty("languageName", out var language) ? language.GetString() : null,
        item.TryGetProperty("aliases", out var aliases)
            ? [.. aliases.EnumerateArray().Select(a => a.GetString() ?? throw new InvalidOperationException("a null alias"))]
            : []);
}
