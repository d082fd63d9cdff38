using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The way back through a map, whatever way and order its file has, is the product with its transposed matrix.</summary>
public class TransposedMapTests
{
    private static readonly int[] Mixed = [4, 5, 6, 0, 1, 9, 8, 2, 3, 7];

    [Theory, InlineData(1), InlineData(2), InlineData(7)]
    public void ApplyTransposed_AnyMap_IsTheProductWithTheTransposedMatrix(int rows)
    {
        foreach (var inputFirst in new[] { true, false })
        {
            var whole = new LinearMap(Weight.FromFloats("w", Floats(60, 1), inputFirst ? [6, 10] : [10, 6]), new Tensor(Floats(10, 2), 10), inputFirst);
            foreach (var map in new[] { whole, whole.Pick(Mixed), whole.Part(3, 4), whole.Pick(Mixed).Part(2, 5) })
            {
                float[] dy = Floats(rows * map.Outputs, 3), dx = new float[rows * map.Inputs];
                map.ApplyTransposed(dy, dx);
                var dense = map.Dense();
                for (var i = 0; i < dx.Length; i++)
                {
                    double wanted = 0;
                    for (var o = 0; o < map.Outputs; o++)
                        wanted += (double)dy[i / map.Inputs * map.Outputs + o] * dense[i % map.Inputs, o];
                    Assert.Equal(wanted, dx[i], 1e-5);
                }
            }
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void ApplyTransposed_RowAloneOrAmongOthers_IsTheSame(bool inputFirst)
    {
        var map = new LinearMap(Weight.FromFloats("w", Floats(300 * 70, 1), inputFirst ? [300, 70] : [70, 300]), inputFirst: inputFirst);
        float[] dy = Floats(5 * 70, 3), dx = new float[5 * 300], alone = new float[300];
        map.ApplyTransposed(dy, dx);
        for (var row = 0; row < 5; row++)
        {
            map.ApplyTransposed(dy.AsSpan(row * 70, 70), alone);
            TwinAssert.Same($"row {row}", new Tensor(dx.AsMemory(row * 300, 300), 300), new Tensor(alone, 300));
        }
    }

    [Fact]
    public void PutOutputs_AfterTakeOutputs_IsWhatWasTaken()
    {
        var whole = new LinearMap(Weight.FromFloats("w", Floats(60, 1), 10, 6));
        Tensor all = new(Floats(30, 4), 3, 10), back = Tensor.Zeros(3, 10);
        foreach (var map in new[] { whole.Pick([4, 5, 6, 0, 1]), whole.Pick([9, 8, 2, 3, 7]) })
        {
            var part = Tensor.Zeros(3, 5);
            map.TakeOutputs(all, part);
            map.PutOutputs(part.Span, back.Span);
        }

        TwinAssert.Same("all outputs", all, back);
    }

    private static float[] Floats(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
    }
}
