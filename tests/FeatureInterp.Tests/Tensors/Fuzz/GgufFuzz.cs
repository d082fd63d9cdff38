using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors.Fuzz;

/// <summary>GGUF: every value and every row is read, and a product is taken with every weight that has room for one.</summary>
internal static class GgufFuzz
{
    public static FuzzFormat Format { get; } = new("GGUF", ".gguf", [Sound(32), Sound(64)], ReadEverything);

    // Every kind of metadata, every element type, one to three dimensions.
    private static byte[] Sound(int alignment)
    {
        var file = new RawGguf { Alignment = alignment }.Value("general.alignment", 4, BitConverter.GetBytes(alignment))
            .Value("text", 8, RawGguf.Text("naïve ▁")).Value("texts", 9, RawGguf.List(8, 3, [.. RawGguf.Text("a"), .. RawGguf.Text(""), .. RawGguf.Text("é")]))
            .Value("numbers", 9, RawGguf.List(5, 3, new byte[12])).Value("flags", 9, RawGguf.List(7, 2, 0, 1))
            .Value("nested", 9, RawGguf.List(9, 2, [.. RawGguf.List(0, 2, 1, 2), .. RawGguf.List(8, 1, RawGguf.Text("x"))]));
        foreach (var (type, bytes) in new (uint, int)[] { (0, 1), (1, 1), (2, 2), (3, 2), (4, 4), (5, 4), (6, 4), (7, 1), (10, 8), (11, 8), (12, 8) })
            file.Value($"type {type}", type, new byte[bytes]);
        foreach (var (type, bytes) in new (uint, int)[] { (0, 4), (1, 2), (24, 1), (25, 2), (26, 4), (27, 8), (28, 8), (30, 2) })
            file.Tensor($"plain {type}", type, [3, 2], new byte[6 * bytes]);
        foreach (var (type, bytes) in new (uint, int)[] { (2, 18), (3, 20), (6, 22), (7, 24), (8, 34) })
            file.Tensor($"blocks {type}", type, [64, 3], new byte[6 * bytes]);
        foreach (var (type, bytes) in new (uint, int)[] { (10, 84), (11, 110), (12, 144), (13, 176), (14, 210) })
            file.Tensor($"blocks {type}", type, [256, 1, 2], new byte[2 * bytes]);
        return file.Tensor("list", 8, [32], new byte[34]).Bytes();
    }

    private static void ReadEverything(string path)
    {
        var file = GgufFile.Open(path);
        foreach (var key in file.Metadata.Keys)
            Read(file.Metadata[key]);
        foreach (var weight in file.Weights.Values)
        {
            var row = new float[weight.RowLength];
            for (var i = 0; i < weight.RowCount; i++)
                weight.CopyRow(i, row);
            if (weight.DType is DType.F32 or DType.F16 or DType.BF16 || weight.DType.IsQuantized())
                Kernels.Linear(row, weight, new float[weight.RowCount]);
        }
    }

    private static void Read(GgufValue value)
    {
        switch (value.Type)
        {
            case GgufType.String: value.AsString(); break;
            case GgufType.Bool: value.AsBool(); break;
            case GgufType.UInt64: value.AsUnsigned(); break;
            case GgufType.Float32 or GgufType.Float64: value.AsNumber(); break;
            case GgufType.Array:
                if (value.ElementType == GgufType.String)
                    value.AsStrings();
                foreach (var item in value.AsItems())
                    Read(item);
                break;
            default: value.AsInteger(); break;
        }
    }
}
