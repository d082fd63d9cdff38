using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Every loss and its gradient against differences of the same loss in double.</summary>
public class TrainingGradientTests
{
    private const int Rows = 7;
    private const int DIn = 6;
    private const int DSae = 22;

    private static readonly int[] Dead = [1, 5, 6, 9, 14, 20];

    private static readonly Dictionary<string, ISaeObjective> Kinds = new(StringComparer.Ordinal)
    {
        ["standard"] = new StandardTraining { L1Coefficient = 0.6 },
        ["standard, p 1.7"] = new StandardTraining { L1Coefficient = 0.6, LpNorm = 1.7 },
        ["gated"] = new GatedTraining { L1Coefficient = 0.4 },
        ["topk"] = new TopKTraining { K = 3, AuxCoefficient = 0.7 },
        ["topk, not rescaled"] = new TopKTraining { K = 5, AuxCoefficient = 0.7, RescaleByDecoderNorm = false },
        ["abstopk"] = new TopKTraining { K = 3, ByMagnitude = true, AuxCoefficient = 0.3 },
        ["batchtopk"] = new BatchTopKTraining { K = 2.6, AuxCoefficient = 0.7 },
        ["batchtopk, not rescaled"] = new BatchTopKTraining { K = 7, AuxCoefficient = 0.7, RescaleByDecoderNorm = false },
        ["batchtopk, more than there are"] = new BatchTopKTraining { K = 20 },
        ["matryoshka"] = new MatryoshkaTraining { K = 3, Widths = [4, 11], AuxCoefficient = 0.7 },
        ["matryoshka, aux per width"] = new MatryoshkaTraining { K = 3, Widths = [6, 13, DSae], AuxCoefficient = 0.7, AuxPerWidth = true },
        ["jumprelu, step"] = new JumpReLUTraining { L0Coefficient = 0.5, Bandwidth = 0.4 },
        ["jumprelu, step to the input"] = new JumpReLUTraining { L0Coefficient = 0.5, Bandwidth = 0.4, EstimatesInput = true },
        ["jumprelu, tanh and pull"] = new JumpReLUTraining { L0Coefficient = 0.5, Bandwidth = 0.4, Sparsity = JumpReLUSparsity.Tanh, TanhScale = 2, PreActCoefficient = 0.3, EstimatesInput = true },
        ["jumprelu, quadratic"] = new JumpReLUTraining { L0Coefficient = 0.2, Bandwidth = 0.4, Sparsity = JumpReLUSparsity.Quadratic, TargetL0 = 4, PreActCoefficient = 0.3 },
        ["matching pursuit"] = new MatchingPursuitTraining { MaxIterations = 3 },
        ["matching pursuit, choosing again"] = new MatchingPursuitTraining { MaxIterations = 9, StopOnDuplicate = false },
    };

    public static TheoryData<string, bool, TrainingNormalization> Cases()
    {
        var cases = new TheoryData<string, bool, TrainingNormalization>();
        foreach (var kind in Kinds.Keys)
        {
            cases.Add(kind, true, TrainingNormalization.None);
            cases.Add(kind, false, TrainingNormalization.None);
        }

        foreach (var kind in new[] { "standard", "gated", "topk", "batchtopk", "matryoshka", "jumprelu, step", "matching pursuit" })
        {
            cases.Add(kind, true, TrainingNormalization.LayerNorm);
            cases.Add(kind, true, TrainingNormalization.ConstantNormRescale);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradient_EachKind_IsTheDifferenceOfTheLossInDouble(string name, bool appliesBias, TrainingNormalization normalization)
    {
        var kind = Kinds[name];
        var random = new Random(11);
        var parameters = new TrainingParameters(kind, DIn, DSae);
        foreach (var p in parameters.All)
        {
            foreach (ref var v in p.Value.Span)
                v = (float)((p.Name == "threshold" ? 0.3 : 0) + (p.Name.StartsWith('W') ? 0.6 : 0.25) * (2 * random.NextDouble() - 1));
        }

        var x = Tensor.Zeros(Rows, DIn);
        foreach (ref var v in x.Span)
            v = (float)(3 * random.NextDouble() - 1.2);
        var page = new StepPage(parameters, appliesBias, normalization);
        SaeTrainer.Compute(page, kind, x, 0, Dead);

        var twin = new TrainingTwin(kind, [.. Enumerable.Range(0, Rows).Select(r => x.Row(r).ToArray().Select(v => (double)v).ToArray())], DSae, Dead, appliesBias, normalization);
        var (w, at) = (Weights(parameters), Weights(parameters));
        var loss = twin.Loss(w, at);
        Assert.Equal(loss, page.Losses.Sum(l => l.Value), loss * 1e-6);
        foreach (var p in parameters.All)
        {
            var wanted = new float[p.Value.Length];
            for (var i = 0; i < wanted.Length; i++)
                wanted[i] = (float)Difference(twin, w, at, w[p.Name], i);
            var scale = wanted.Max(Math.Abs);
            KernelCasesClose(wanted, p.Gradient.Span, 3e-5 * scale + 1e-6, p.Name);
        }
    }

    private static double Difference(TrainingTwin twin, TrainingTwin.Weights w, TrainingTwin.Weights at, double[] array, int i)
    {
        const double H = 1e-5;
        var here = array[i];
        array[i] = here + H;
        var above = twin.Loss(w, at);
        array[i] = here - H;
        var below = twin.Loss(w, at);
        array[i] = here;
        return (above - below) / (2 * H);
    }

    private static TrainingTwin.Weights Weights(TrainingParameters parameters)
    {
        var w = new TrainingTwin.Weights();
        foreach (var p in parameters.All)
            w.Add(p.Name, [.. p.Value.Span.ToArray().Select(v => (double)v)]);
        return w;
    }

    private static void KernelCasesClose(float[] wanted, ReadOnlySpan<float> found, double tolerance, string name)
    {
        for (var i = 0; i < wanted.Length; i++)
            Assert.True(Math.Abs(wanted[i] - found[i]) <= tolerance, $"the gradient of {name}[{i}] is {found[i]}, the difference of the loss {wanted[i]}");
    }
}
