namespace FeatureInterp.Tensors;

/// <summary>Where the right side of a matrix multiply comes from: k inputs by n outputs of some element type, in one of two
/// orders.</summary>
/// <param name="data">The first element.</param>
/// <param name="dtype">F32, BF16, F16 or blocks.</param>
/// <param name="stride">The number of elements from one row to the next; for blocks, whole blocks of them.</param>
/// <param name="inputFirst">Whether a row is one input [k, n] rather than one output [n, k].</param>
/// <param name="columns">For input-first sources, the columns wanted; null takes them as they lie.</param>
internal readonly unsafe struct PanelSource(byte* data, DType dtype, nint stride, bool inputFirst, int* columns = null)
{
    public readonly byte* Data = data;
    public readonly DType DType = dtype;
    public readonly nint Stride = stride;
    public readonly bool InputFirst = inputFirst;
    public readonly int* Columns = columns;
}
