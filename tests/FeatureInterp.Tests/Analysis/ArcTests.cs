using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>ARC tasks as prompts, and answers read back.</summary>
public class ArcTests
{
    [Fact]
    public void Prompt_EveryTask_IsTheGoldenText()
    {
        foreach (var prompt in EmbeddedPair.Golden.Json.GetProperty("prompts").EnumerateObject())
            Assert.Equal(prompt.Value.GetProperty("text").GetString(), ArcTask.Load(Repository.Data("tasks", "arc", prompt.Name + ".json")).Prompt());
    }

    [Fact]
    public void Load_ByName_FindsTheDataFolder() => Assert.Equal("e9afcf9a", ArcTask.Load("e9afcf9a").Name);

    [Fact]
    public void Load_NoSuchTask_SaysWhere() =>
        Assert.Contains("data/tasks/arc", Assert.Throws<AnalysisException>(() => ArcTask.Load("nothere")).Message);

    [Fact]
    public void Load_NotATask_IsRefused() =>
        Assert.Contains("ARC task", Assert.Throws<AnalysisException>(() => ArcTask.Load(Repository.Data("manifest.json"))).Message);

    [Fact]
    public void ToString_Grid_IsNumpys() =>
        Assert.Equal("array([[1, 2],\n       [3, 4]])", new ArcGrid([[1, 2], [3, 4]]).ToString());

    [Theory]
    [InlineData("5\nnp.array([[1, 2],\n       [3, 4]])", 5, "1,2;3,4")]
    [InlineData("0", 0, null)]
    [InlineData("np.array([[7]])", null, "7")]
    [InlineData("3 [[1, 2], [3]]", 3, null)]
    [InlineData("5\nnp.array([[1, 2],\n       [3, ", 5, null)]
    [InlineData("", null, null)]
    public void Parse_Answer_FindsConfidenceAndGrid(string text, int? confidence, string? grid)
    {
        var answer = ArcAnswer.Parse(text);
        Assert.Equal(confidence, answer.Confidence);
        Assert.Equal(grid, answer.Grid is null ? null : string.Join(';', answer.Grid.Rows.Select(r => string.Join(',', r))));
    }

    [Fact]
    public void Generate_NineTasks_SolvesTheThreeItShould()
    {
        // From the model's own description: of the tasks that fit the context it answers these three exactly.
        string[] solvable = ["e9afcf9a", "c9e6f938", "6fa7a44f"];
        var model = EmbeddedPair.Model;
        var tasks = Directory.GetFiles(Repository.Data("tasks", "arc")).Select(ArcTask.Load)
            .Where(t => model.RequireTokenizer().ToTokens(t.Prompt()).Length <= model.Config.ContextLength).ToArray();
        var made = model.Generate(tasks.Select(t => t.Prompt()).ToArray(), 160);
        var solved = tasks.Zip(made).Where(p => p.First.Test.Output.Equals(ArcAnswer.Parse(p.Second.Text).Grid)).Select(p => p.First.Name);
        Assert.Equal(9, tasks.Length);
        Assert.Equal(solvable.Order(), solved.Order());
        Assert.All(made, m => Assert.Equal(5, ArcAnswer.Parse(m.Text).Confidence));
    }
}
