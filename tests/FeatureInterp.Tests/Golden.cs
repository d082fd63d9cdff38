using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Numbers made with the peers: <c>golden.safetensors</c> and <c>golden.json</c> of one folder.</summary>
internal sealed class Golden
{
    private readonly SafetensorsFile _file;

    public Golden(string folder)
    {
        Folder = folder;
        _file = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        Json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json"))).RootElement;
    }

    public string Folder { get; }

    public JsonElement Json { get; }

    public IEnumerable<string> Names => _file.Weights.Keys;

    public Tensor this[string name] => _file[name].ToTensor();

    public long[] Integers(string name) => _file[name].ToInt64();

    public int[][] Tokens(string name)
    {
        var weight = _file[name];
        var flat = weight.ToInt64();
        return [.. Enumerable.Range(0, weight.RowCount).Select(r => Array.ConvertAll(flat[(r * weight.RowLength)..((r + 1) * weight.RowLength)], v => (int)v))];
    }

    /// <summary>Fails when two arrays differ anywhere by more than <paramref name="tolerance"/> of the golden one's scale.</summary>
    public static void AssertClose(string name, Tensor wanted, Tensor found, double tolerance = 5e-5)
    {
        Assert.True(wanted.Length == found.Length, $"{name}: {found} where {wanted} was wanted");
        double scale = 0;
        foreach (var v in wanted.Span)
            scale = IsMasked(v) ? scale : Math.Max(scale, Math.Abs(v));
        for (var i = 0; i < wanted.Length; i++)
        {
            double w = wanted.Span[i], f = found.Span[i];
            if (IsMasked(w) ? !double.IsNegativeInfinity(f) : !(Math.Abs(w - f) <= tolerance * scale))
                Assert.Fail($"{name}[{i}] is {f}, wanted {w} within {tolerance * scale}");
        }
    }

    // Some goldens write a masked score as the lowest finite number.
    private static bool IsMasked(double value) => value < -3e38;

    /// <summary>Compares what a run kept with everything stored under a prefix.</summary>
    public int AssertActivations(string prefix, RunResult run, double tolerance = 5e-5)
    {
        var compared = 0;
        foreach (var name in Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var hook = name[prefix.Length..];
            if (!HookPoint.TryParse(hook, out var point))
                continue;
            AssertClose(name, this[name], run.Activations[point].Padded(), tolerance);
            compared++;
        }

        return compared;
    }
}
