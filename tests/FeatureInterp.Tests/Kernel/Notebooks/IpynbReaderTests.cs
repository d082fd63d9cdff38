using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public class IpynbReaderTests
{
    // Every kind of thing another program may leave in a notebook, by hand.
    private const string Foreign =
        """
        {"cells":[
          {"cell_type":"markdown","id":"m1","metadata":{"tags":["intro"],"slideshow":{"slide_type":"slide"}},"source":["# T\n","![p](attachment:p.png)"],"attachments":{"p.png":{"image/png":"AAAA"}}},
          {"cell_type":"raw","id":"r1","metadata":{"format":"text/latex"},"source":"\\alpha"},
          {"cell_type":"code","id":"c1","metadata":{"collapsed":true,"dotnet_interactive":{"language":"fsharp"}},"source":["let x = 1"],"execution_count":4,"outputs":[]},
          {"cell_type":"code","id":"c2","metadata":{"execution":{"iopub.status.busy":"2026-01-01T00:00:00Z"}},"source":"1 + 1","execution_count":7,"vendor":[1,{"a":null}],"outputs":[
            {"output_type":"stream","name":"stdout","text":"a\nb"},
            {"output_type":"display_data","data":{"text/plain":["x\n","y"],"application/vnd.vega.v5+json":{"a":[1.50,2]},"application/javascript":"f()"},"metadata":{"image/png":{"width":3}}},
            {"output_type":"execute_result","execution_count":6,"data":{"text/plain":"2"},"metadata":{}},
            {"output_type":"error","ename":"E","evalue":"v","traceback":["t"]},
            {"output_type":"novel","payload":{"b":2}},
            {"output_type":"display_data","data":{"x/odd":{"not":"text"}},"metadata":{}}]}],
         "metadata":{"kernelspec":{"name":".net-csharp","display_name":"Mine","language":"C#","env":{"A":"1"}},"authors":[{"name":"é"}]},
         "nbformat":4,"nbformat_minor":5,"future":true}
        """;

    [Fact]
    public void Parse_ForeignNotebook_FindsLanguagesTagsAndOutputs()
    {
        var notebook = IpynbFile.Parse(Foreign);
        Assert.Equal([("markdown", "# T\n![p](attachment:p.png)"), ("raw", "\\alpha"), ("fsharp", "let x = 1"), ("csharp", "1 + 1")], notebook.Cells.Select(c => (c.Kernel, c.Source)));
        Assert.Equal(["m1", "r1", "c1", "c2"], notebook.Cells.Select(c => c.Id!));
        Assert.Equal(["intro"], notebook.Cells[0].Tags);
        Assert.Equal(7, notebook.Cells[3].ExecutionCount);
        Assert.Equal("x\ny", Assert.IsType<DisplayOutput>(notebook.Cells[3].Outputs[1]).Data.PlainText);
        Assert.IsType<UnknownOutput>(notebook.Cells[3].Outputs[4]);
    }

    [Fact]
    public void Write_AfterParse_LosesNothing() => AssertSameJson(Foreign, IpynbFile.Write(IpynbFile.Parse(Foreign)));

    [Theory]
    [InlineData("""{"cells":[{"cell_type":"code","metadata":{},"source":"x","execution_count":null,"outputs":[]}],"metadata":{},"nbformat":4,"nbformat_minor":2}""")]
    [InlineData("""{"cells":[],"metadata":{"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":5}""")]
    public void Write_OlderOrBareNotebook_GainsNothing(string text) => AssertSameJson(text, IpynbFile.Write(IpynbFile.Parse(text)));

    [Fact]
    public void Write_OfEveryStoredTwin_GivesItsBytes()
    {
        var twins = Directory.GetFiles(Path.Combine(Repository.Root, "notebooks"), "*.ipynb");
        Assert.NotEmpty(twins);
        Assert.All(twins, t => Assert.Equal(File.ReadAllText(t), IpynbFile.Write(NotebookFile.Load(t))));
    }

    [Theory]
    [InlineData("""{"kernelspec":{"language":"python","name":"python3","display_name":"P"}}""", "import os", "python")]
    [InlineData("""{"language_info":{"name":"polyglot-notebook"}}""", "1", "csharp")]
    [InlineData("""{"language_info":{"name":"F#"}}""", "1", "fsharp")]
    [InlineData("""{}""", "#!fsharp\n1", "fsharp")]
    [InlineData("""{"polyglot_notebook":{"kernelInfo":{"defaultKernelName":"fsharp","items":[]}}}""", "1", "fsharp")]
    public void Parse_CellWithoutLanguage_TakesItsFirstLineOrTheNotebooks(string metadata, string source, string kernel)
    {
        var json = new JsonObject
        {
            ["cells"] = new JsonArray(new JsonObject { ["cell_type"] = "code", ["metadata"] = new JsonObject(), ["source"] = source, ["outputs"] = new JsonArray(), ["execution_count"] = null }),
            ["metadata"] = JsonNode.Parse(metadata),
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        };
        Assert.Equal(kernel, IpynbFile.Parse(json.ToJsonString()).Cells.Single().Kernel);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{", "n.ipynb, line 1: this is not the JSON of a notebook")]
    [InlineData("[]", "has no nbformat")]
    [InlineData("{\"cells\":[]}", "has no nbformat")]
    [InlineData("{\"nbformat\":3,\"worksheets\":[]}", "nbformat 3")]
    [InlineData("{\"nbformat\":\"4\"}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"nbformat_minor\":1e9999,\"cells\":[]}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"cells\":{}}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"metadata\":[]}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"cells\":[1]}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\"}]}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"odd\",\"source\":\"\"}]}", "of type 'odd'")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\",\"source\":[1]}]}", "source is not text")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\",\"source\":\"\\ud800\"}]}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\",\"source\":\"\",\"outputs\":5}]}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\",\"source\":\"\",\"outputs\":[{}]}]}", "not a notebook as nbformat 4")]
    [InlineData("{\"nbformat\":4,\"nbformat\":4,\"cells\":[]}", "not the JSON of a notebook")]
    public void Parse_Malformed_SaysWhat(string text, string what) =>
        Assert.Contains(what, Assert.Throws<NotebookException>(() => IpynbFile.Parse(text, "n.ipynb")).Message);

    [Fact]
    public void Parse_DeeplyNested_IsRefused() =>
        Assert.Throws<NotebookException>(() => IpynbFile.Parse(new string('[', 100_000)));

    // Text as one string or as lines is the same; so is any order of members.
    internal static void AssertSameJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(Normal(JsonNode.Parse(expected)), Normal(JsonNode.Parse(actual))), actual);

    private static JsonNode? Normal(JsonNode? node, string? member = null) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(p.Key, Normal(p.Value, p.Key)))),
        JsonArray a when member is "source" or "text" or "text/plain" or "text/html" => JsonValue.Create(string.Concat(a.Select(l => (string)l!))),
        JsonArray a => new JsonArray([.. a.Select(i => Normal(i))]),
        _ => node?.DeepClone(),
    };
}
