namespace FeatureInterp.Tensors;

// The signatures of the operations. Arguments have been checked when an implementation sees them.
internal delegate void MatrixKernel(ReadOnlySpan<float> x, Weight w, Span<float> y);

internal delegate void RowsKernel(ReadOnlySpan<float> x, Weight w, Span<float> y, int pitch);

internal delegate void ColumnsKernel(ReadOnlySpan<float> x, Weight w, ReadOnlySpan<int> columns, Span<float> y);

internal delegate void ScaledRowKernel(Weight w, int row, float scale, Span<float> y);

internal delegate void AttentionPartKernel(ReadOnlySpan<float> a, ReadOnlySpan<float> b, AttentionShape shape, Span<float> result);

internal delegate void AttentionKernel(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionShape shape, Span<float> z);

internal delegate void SoftmaxRowsKernel(Span<float> rows, int length);

internal delegate void RmsNormKernel(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float eps, Span<float> y);

internal delegate void RmsScaleKernel(ReadOnlySpan<float> x, int length, float eps, Span<float> scales);

internal delegate void LayerNormKernel(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float eps, Span<float> y);

internal delegate void CentreKernel(ReadOnlySpan<float> x, int length, Span<float> y);

internal delegate void ScaleRowsKernel(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, Span<float> y);

internal delegate void RopeKernel(Span<float> x, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin);

internal delegate void UnaryKernel(ReadOnlySpan<float> x, Span<float> y);

internal delegate void BinaryKernel(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y);

internal delegate void SoftCapKernel(ReadOnlySpan<float> x, float cap, Span<float> y);

internal delegate float ReduceKernel(ReadOnlySpan<float> x);

internal delegate void TopKKernel(ReadOnlySpan<float> x, Span<int> indices, Span<float> values);

internal delegate int CollectKernel(ReadOnlySpan<float> x, ReadOnlySpan<float> floor, Span<int> indices, Span<float> values);

internal delegate void CopyColumnsKernel(Weight w, ReadOnlySpan<int> columns, Span<float> rows);

internal delegate void MatMulTransposedKernel(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int rows, Span<float> y);

internal delegate void SparseMatMulKernel(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<float> w, int length, Span<float> y);

internal delegate void SparseDotsKernel(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> x, ReadOnlySpan<float> w, int length, Span<float> dots);

internal delegate void AdamKernel(ReadOnlySpan<float> gradient, AdamStep step, Span<float> mean, Span<float> square, Span<float> weights);

internal delegate void NormGradientKernel(ReadOnlySpan<float> x, ReadOnlySpan<float> g, int length, bool isCentred, float eps, Span<float> y);

internal delegate void AttentionGradientKernel(
    ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> g, AttentionShape shape, Span<float> dq, Span<float> dk, Span<float> dv);
