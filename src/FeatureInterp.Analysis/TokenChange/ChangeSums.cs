using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Sums of changes over positions, in double precision.</summary>
internal sealed class ChangeSums(int vocabulary, TokenChangeMeasure measure)
{
    private readonly double[] _up = new double[vocabulary];
    private readonly double[] _down = new double[vocabulary];
    private readonly float[] _before = new float[vocabulary];
    private readonly float[] _after = new float[vocabulary];
    private long _upCount;
    private long _downCount;

    /// <summary>Adds clamped − clean at every position that counts.</summary>
    public void Count(RunResult clean, RunResult clamped, bool up, Func<int, bool>? leaves)
    {
        var sums = up ? _up : _down;
        for (var p = 0; p < clean.Batch.Count; p++)
        {
            Tensor before = clean.Logits[p], after = clamped.Logits[p];      // [pos, d_vocab]
            for (var i = 0; i < before.Shape[0]; i++)
            {
                if (leaves is not null && leaves(clean.Batch[p][i]))
                    continue;
                Span<float> b = Measured(before.Row(i), _before), a = Measured(after.Row(i), _after);
                for (var t = 0; t < sums.Length; t++)
                    sums[t] += (double)a[t] - b[t];
                if (up)
                    _upCount++;
                else
                    _downCount++;
            }
        }
    }

    /// <summary>The means and their ends.</summary>
    public TokenShift Shift(bool up, float value, int top, Transformer model)
    {
        var count = up ? _upCount : _downCount;
        var mean = Array.ConvertAll(up ? _up : _down, s => (float)(s / count));
        return new TokenShift(value, new Tensor(mean, mean.Length), TokenScores.Top(mean, top, model), TokenScores.Bottom(mean, top, model));
    }

    private Span<float> Measured(Span<float> logits, float[] room)
    {
        if (measure == TokenChangeMeasure.Logit)
            return logits;
        Kernels.Softmax(logits, room);
        return room;
    }
}
