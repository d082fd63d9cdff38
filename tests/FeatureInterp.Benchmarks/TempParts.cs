using FeatureInterp.Models;
using FeatureInterp.Tensors;
namespace FeatureInterp.Benchmarks;
internal static class TempParts
{
    public static Report Answer()
    {
        Workers.SetCount(1);
        var report = new Report("what", "us");
        var model = Transformer.Load("talegrid-6m");
        var file = SafetensorsFile.Open(Path.Combine(model.Folder, "model.safetensors"));
        Weight[] ws = [.. file.Weights.Values.Where(w => w.Shape.Length == 2)];
        var x = Inputs.Floats(5 * 4096, 1); var y = new float[5 * 4096]; var lg = Inputs.Floats(5*4096, 2);
        var q = Inputs.Floats(256, 3); var k = Inputs.Floats(128*150, 4); var v = Inputs.Floats(128*150, 5);
        var h = Inputs.Floats(5*768, 6); var h2 = Inputs.Floats(5*768, 7); var g = Inputs.Floats(256, 8);
        int[] prompt = [.. Enumerable.Range(0, 128).Select(i => 260 + i)];
        void Parts(int rows) { foreach (var w in ws) { var per = Math.Max(64, (128 << 10) / (w.RowLength * 2) / 64 * 64); for (var f = 0; f < w.RowCount; f += per) { var part = w.Rows(f, Math.Min(per, w.RowCount - f)); if (rows == 1) Kernels.Linear(x.AsSpan(0, w.RowLength), part, y.AsSpan(0, part.RowCount)); else Kernels.LinearRows(x.AsSpan(0, rows * w.RowLength), part, y, part.RowCount); } } }
        var cache = new KvCache(model.Config, 1); model.Run(prompt, cache: cache);
        var t = new Paired(7, processorTime: true)
            .Add("1 row", 1, () => Parts(1)).Add("2 rows", 1, () => Parts(2)).Add("3 rows", 1, () => Parts(3)).Add("4 rows", 1, () => Parts(4)).Add("5 rows", 1, () => Parts(5))
            .Add("gemm 5", 1, () => { foreach (var w in ws) Kernels.Linear(x.AsSpan(0, 5*w.RowLength), w, y.Length >= 5*w.RowCount ? y.AsSpan(0, 5*w.RowCount) : throw new Exception()); }).Add("softcap 1", 1, () => Kernels.SoftCap(lg.AsSpan(0, 4096), 30, y.AsSpan(0, 4096)))
            .Add("lse 1", 1, () => Kernels.LogSumExp(lg.AsSpan(0, 4096)))
            .Add("argmax 1", 1, () => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(lg.AsSpan(0, 4096)))
            .Add("attention x6", 1, () => { for (var i = 0; i < 6; i++) Kernels.Attention(q, k, v, new AttentionShape(1, 150, 4, 2, 64, 0.125f, 50), y.AsSpan(0, 256)); })
            .Add("gelu x6 1", 1, () => { for (var i = 0; i < 6; i++) Kernels.GeluTanhMul(h.AsSpan(0, 768), h2.AsSpan(0, 768), y.AsSpan(0, 768)); })
            .Add("norm x25 1", 1, () => { for (var i = 0; i < 25; i++) Kernels.RmsNorm(x.AsSpan(0, 256), g, 1e-6f, y.AsSpan(0, 256)); })
            .Add("gen 40", 40, () => model.Generate(prompt[..2], 40, stopAtEos: false))
            .Add("gen5 40", 40, () => model.Generate((int[][])[prompt[..2], prompt[..2], prompt[..2], prompt[..2], prompt[..2]], 40, stopAtEos: false))
            .Run(60);
        foreach (var n in new[] { "1 row", "2 rows", "3 rows", "4 rows", "5 rows", "gemm 5", "softcap 1", "lse 1", "argmax 1", "attention x6", "gelu x6 1", "norm x25 1", "gen 40", "gen5 40" })
            report.Row(n, $"{1e6 / t.Best(n):F1}", $"{1e6 / t.Rate(n):F1}");
        return report;
    }
}
