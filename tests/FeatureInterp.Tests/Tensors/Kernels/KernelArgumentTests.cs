using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>Sizes that do not fit are refused at the door, by name and number.</summary>
public class KernelArgumentTests
{
    private static readonly Weight W = Weight.FromFloats("w", new float[12], 3, 4);
    private static readonly Weight Whole = Weight.FromBytes("ids", DType.I32, new byte[48], 3, 4);
    private static readonly AttentionShape Shape = new(2, 3, 2, 1, 4, 1);

    public static TheoryData<string> Cases => new(Calls.Keys);

    private static Dictionary<string, (Action Call, string Says)> Calls { get; } = new(StringComparer.Ordinal)
    {
        ["Linear_InputNotWholeRows"] = (() => Kernels.Linear(new float[5], W, new float[3]), "5 elements"),
        ["Linear_OutputTooShort"] = (() => Kernels.Linear(new float[8], W, new float[5]), "y.Length is 5"),
        ["LinearRows_OutputTooShort"] = (() => Kernels.LinearRows(new float[8], W, new float[6], 4), "6 elements where 7"),
        ["LinearRows_PitchTooSmall"] = (() => Kernels.LinearRows(new float[8], W, new float[6], 2), "pitch"),
        ["Linear_IntegerWeight"] = (() => Kernels.Linear(new float[4], Whole, new float[3]), "'ids' holds I32"),
        ["MatMul_InputNotWholeRows"] = (() => Kernels.MatMul(new float[4], W, new float[4]), "4 elements"),
        ["MatMul_OutputTooLong"] = (() => Kernels.MatMul(new float[3], W, new float[8]), "y.Length is 8"),
        ["MatMulColumns_NoSuchColumn"] = (() => Kernels.MatMulColumns(new float[3], W, [4], new float[1]), "Column 4"),
        ["MatMulColumns_NegativeColumn"] = (() => Kernels.MatMulColumns(new float[3], W, [-1], new float[1]), "Column -1"),
        ["MatMulColumns_OutputTooShort"] = (() => Kernels.MatMulColumns(new float[3], W, [1, 2], new float[1]), "y.Length is 1"),
        ["CopyColumns_NoSuchColumn"] = (() => Kernels.CopyColumns(W, [0, 4], new float[6]), "Column 4"),
        ["CopyColumns_OutputTooShort"] = (() => Kernels.CopyColumns(W, [1], new float[2]), "rows.Length is 2"),
        ["CopyColumns_IntegerWeight"] = (() => Kernels.CopyColumns(Whole, [0], new float[3]), "'ids' holds I32"),
        ["CollectAbove_FloorTooShort"] = (() => Kernels.CollectAbove(new float[2], new float[1], new int[2], new float[2]), "floor.Length is 1"),
        ["CollectAbove_IndicesTooShort"] = (() => Kernels.CollectAbove(new float[2], new float[2], new int[1], new float[2]), "indices.Length is 1"),
        ["CollectAbove_ValuesTooShort"] = (() => Kernels.CollectAbove(new float[2], new float[2], new int[2], new float[1]), "values.Length is 1"),
        ["AddScaledRow_NoSuchRow"] = (() => Kernels.AddScaledRow(W, 3, 1, new float[4]), "Row 3"),
        ["AddScaledRow_OutputTooShort"] = (() => Kernels.AddScaledRow(W, 0, 1, new float[3]), "y.Length is 3"),
        ["AttentionScores_QueriesTooShort"] = (() => Kernels.AttentionScores(new float[15], new float[12], Shape, new float[12]), "q.Length is 15"),
        ["AttentionMix_PatternTooShort"] = (() => Kernels.AttentionMix(new float[11], new float[12], Shape, new float[16]), "pattern.Length is 11"),
        ["Attention_ValuesTooShort"] = (() => Kernels.Attention(new float[16], new float[12], new float[11], Shape, new float[16]), "v.Length is 11"),
        ["Attention_MoreQueriesThanKeys"] = (() => Kernels.Attention([], [], [], Shape with { Keys = 1 }, []), "Keys ≥ Queries"),
        ["Attention_HeadsNotAMultiple"] = (() => Kernels.Attention([], [], [], Shape with { KeyValueHeads = 3 }, []), "multiple"),
        ["SoftmaxRows_NotWholeRows"] = (() => Kernels.SoftmaxRows(new float[5], 2), "rows of 2"),
        ["SoftmaxRows_NoLength"] = (() => Kernels.SoftmaxRows(new float[5], 0), "rows of 0"),
        ["Softmax_LengthsDiffer"] = (() => Kernels.Softmax(new float[5], new float[4]), "y.Length is 4"),
        ["RmsNorm_NotWholeRows"] = (() => Kernels.RmsNorm(new float[5], new float[2], 0, new float[5]), "rows of 2"),
        ["RmsScale_TooFewScales"] = (() => Kernels.RmsScale(new float[6], 2, 0, new float[2]), "scales.Length is 2"),
        ["LayerNorm_BiasTooLong"] = (() => Kernels.LayerNorm(new float[4], new float[2], new float[3], 0, new float[4]), "bias.Length is 3"),
        ["Rope_MorePairsThanAHeadHas"] = (() => Kernels.Rope(new float[6], 2, 3, new float[2], new float[2]), "2 cosines do not fit 1 positions of heads of 3"),
        ["Rope_SinesTooShort"] = (() => Kernels.Rope(new float[8], 2, 4, new float[2], new float[1]), "sin.Length is 1"),
        ["Exp_LengthsDiffer"] = (() => Kernels.Exp(new float[2], new float[3]), "y.Length is 3"),
        ["GeluTanhMul_UpTooShort"] = (() => Kernels.GeluTanhMul(new float[2], new float[1], new float[2]), "up.Length is 1"),
        ["SoftCap_Zero"] = (() => Kernels.SoftCap(new float[2], 0, new float[2]), "positive"),
        ["SoftCap_NaN"] = (() => Kernels.SoftCap(new float[2], float.NaN, new float[2]), "positive"),
        ["TopK_MoreThanThereAre"] = (() => Kernels.TopK(new float[2], new int[3], new float[3]), "the 3 largest of 2"),
        ["MatMulTransposed_NoRows"] = (() => Kernels.MatMulTransposed([], [], 0, []), "0 whole rows"),
        ["MatMulTransposed_NotWholeRows"] = (() => Kernels.MatMulTransposed(new float[6], new float[5], 2, new float[6]), "6 and 5 elements"),
        ["MatMulTransposed_OutputTooShort"] = (() => Kernels.MatMulTransposed(new float[6], new float[4], 2, new float[5]), "y.Length is 5"),
        ["SparseMatMul_NotWholeRows"] = (() => Kernels.SparseMatMul([0], [], [], new float[5], 2, []), "rows of 2"),
        ["SparseMatMul_NoSuchRow"] = (() => Kernels.SparseMatMul([0, 1], [2], [1], new float[4], 2, new float[2]), "Index 2"),
        ["SparseMatMul_StartsFall"] = (() => Kernels.SparseMatMul([0, 2, 1, 2], [0, 0], [1, 1], new float[4], 2, new float[6]), "1 follows 2"),
        ["SparseMatMul_EntriesLeftOver"] = (() => Kernels.SparseMatMul([0, 1], [0, 0], [1, 1], new float[4], 2, new float[2]), "number of entries, 2"),
        ["SparseMatMul_ValuesTooShort"] = (() => Kernels.SparseMatMul([0, 2], [0, 0], [1], new float[4], 2, new float[2]), "is 1"),
        ["SparseMatMul_OutputTooShort"] = (() => Kernels.SparseMatMul([0, 1], [0], [1], new float[4], 2, new float[1]), "y.Length is 1"),
        ["SparseDots_NegativeIndex"] = (() => Kernels.SparseDots([0, 1], [-1], new float[2], new float[4], 2, new float[1]), "Index -1"),
        ["SparseDots_InputTooLong"] = (() => Kernels.SparseDots([0, 1], [0], new float[4], new float[4], 2, new float[1]), "x.Length is 4"),
        ["Adam_MeanTooShort"] = (() => Kernels.Adam(new float[3], new AdamStep(1, 0, 0, 1, 1), new float[2], new float[3], new float[3]), "mean.Length is 2"),
        ["TopK_ValuesTooShort"] = (() => Kernels.TopK(new float[5], new int[3], new float[2]), "values.Length is 2"),
    };

    [Theory, MemberData(nameof(Cases))]
    public void Kernel_SizesThatDoNotFit_AreNamed(string call)
    {
        var found = Assert.ThrowsAny<ArgumentException>(Calls[call].Call);
        Assert.Contains(Calls[call].Says, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kernels_NothingToDo_DoNothing()
    {
        Kernels.Linear([], W, []);
        Kernels.MatMul([], W, []);
        Kernels.MatMulColumns(new float[3], W, [], []);
        Kernels.Attention([], new float[12], new float[12], Shape with { Queries = 0 }, []);
        Kernels.SoftmaxRows([], 3);
        Kernels.RmsNorm([], new float[2], 0, []);
        Kernels.Exp([], []);
        Kernels.TopK(new float[2], [], []);
        Kernels.CopyColumns(W, [], []);
        Assert.Equal(0, Kernels.CollectAbove([], [], [], []));
    }
}
