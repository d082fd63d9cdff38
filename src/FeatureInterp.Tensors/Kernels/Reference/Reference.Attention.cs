namespace FeatureInterp.Tensors;

internal static partial class Reference
{
    public static void AttentionScores(ReadOnlySpan<float> q, ReadOnlySpan<float> k, AttentionShape shape, Span<float> scores)
    {
        scores.Fill(float.NegativeInfinity);
        var d = shape.HeadDim;
        for (var h = 0; h < shape.Heads; h++)
        {
            for (var i = 0; i < shape.Queries; i++)
            {
                for (var j = shape.FirstKey(i); j < shape.EndKey(i); j++)
                {
                    var sum = 0.0;
                    for (var p = 0; p < d; p++)
                        sum += (double)q[(i * shape.Heads + h) * d + p] * k[(j * shape.KeyValueHeads + shape.KeyValueHead(h)) * d + p];
                    sum *= shape.Scale;
                    if (shape.SoftCap > 0)
                        sum = shape.SoftCap * Math.Tanh(sum / shape.SoftCap);
                    scores[(h * shape.Queries + i) * shape.Keys + j] = (float)sum;
                }
            }
        }
    }

    public static void AttentionMix(ReadOnlySpan<float> pattern, ReadOnlySpan<float> v, AttentionShape shape, Span<float> z)
    {
        var d = shape.HeadDim;
        for (var h = 0; h < shape.Heads; h++)
        {
            for (var i = 0; i < shape.Queries; i++)
            {
                for (var p = 0; p < d; p++)
                {
                    var sum = 0.0;
                    for (var j = 0; j < shape.Keys; j++)
                        sum += (double)pattern[(h * shape.Queries + i) * shape.Keys + j] * v[(j * shape.KeyValueHeads + shape.KeyValueHead(h)) * d + p];
                    z[(i * shape.Heads + h) * d + p] = (float)sum;
                }
            }
        }
    }

    public static void Attention(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionShape shape, Span<float> z)
    {
        var scores = new float[shape.ScoreLength];
        AttentionScores(q, k, shape, scores);
        SoftmaxRows(scores, shape.Keys);
        AttentionMix(scores, v, shape, z);
    }
}
