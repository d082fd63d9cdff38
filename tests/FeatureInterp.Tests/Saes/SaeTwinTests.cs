using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>SAEs of every kind against their twin in double precision.</summary>
public class SaeTwinTests
{
    private const int Tokens = 7;

    private static readonly TinySaeShape[] Shapes =
    [
        new() { Architecture = "standard" },
        new(),
        new() { Architecture = "standard", ApplyBDec = false, Seed = 2 },
        new() { ApplyBDec = false, Seed = 3 },
        new() { Architecture = "standard", Normalize = "constant_norm_rescale", Seed = 4 },
        new() { Normalize = "constant_norm_rescale", Seed = 5 },
        new() { Architecture = "standard", Normalize = "layer_norm", Seed = 6 },
        new() { Normalize = "layer_norm", ApplyBDec = false, Seed = 7 },
        new() { Normalize = "expected_average_only_in", Seed = 8 },
        new() { DType = DType.BF16, DIn = 36, DSae = 91, Seed = 9 },
        new() { DType = DType.F16, Architecture = "standard", DIn = 5, DSae = 3, Seed = 10 },
        new() { Hook = "blocks.1.attn.hook_z", Reshape = "hook_z", DIn = 24, Seed = 11 },
        new() { Normalize = "layer_norm", DType = DType.BF16, Seed = 12 },
    ];

    public static TheoryData<int> Cases() => [.. Enumerable.Range(0, Shapes.Length)];

    [Theory, MemberData(nameof(Cases))]
    public void EncodeAndDecode_EqualTheTwin(int shape)
    {
        using var tiny = new TinySae(Shapes[shape]);
        var sae = tiny.Load();
        var x = tiny.Inputs(Tokens, seed: 50 + shape);
        var steps = Steps(tiny, x);
        double[] acts = [.. steps.SelectMany(s => s.Acts)], recons = [.. steps.SelectMany(s => s.Recons)], output = [.. steps.SelectMany(s => s.Output)];
        Assert.Contains(acts, a => a > 0);
        Assert.Contains(acts, a => a == 0);

        var before = x.Clone();
        var dense = sae.EncodeDense(x);
        TwinAssert.Close("dense", acts, dense);
        TwinAssert.Close("decode", recons, sae.Decode(dense));
        TwinAssert.Close("reconstruct", output, sae.Reconstruct(x));
        TwinAssert.Same("the input", before, x);

        var sparse = sae.Encode(x);
        TwinAssert.Same("sparse", dense, sparse.ToDense());
        TwinAssert.Close("decode sparse", recons, sae.Decode(sparse));
        for (var t = 0; t < Tokens; t++)
        {
            Assert.Equal(steps[t].Acts.Count(a => a > 0), sparse.L0(t));
            var top = sparse.Top(t, 3);
            Assert.Equal(Enumerable.Range(0, sae.Config.DSae).Where(f => steps[t].Acts[f] > 0).OrderByDescending(f => steps[t].Acts[f]).Take(3), top.Select(f => f.Feature));
            Assert.All(sparse.On(t), f => Assert.Equal(t, f.Token));
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void EncodeFeatures_SomeColumns_EqualTheTwin(int shape)
    {
        using var tiny = new TinySae(Shapes[shape]);
        var x = tiny.Inputs(Tokens, seed: 50 + shape);
        var last = tiny.Shape.DSae - 1;
        int[] chosen = [last, 0, 1, 1];
        var wanted = Steps(tiny, x).SelectMany(s => chosen.Select(f => s.Acts[f])).ToArray();
        var scale = Steps(tiny, x).SelectMany(s => s.Acts).Max();
        var found = tiny.Load().EncodeFeatures(x, chosen);
        Assert.Equal([Tokens, 4], found.Shape.ToArray());
        for (var i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], found.Span[i], TwinAssert.Tolerance * scale);
    }

    [Fact]
    public void Encode_ManyBlocksOfTokens_EqualsDense()
    {
        // Wide enough that a block of 2²² values holds 256 tokens.
        using var tiny = new TinySae(new TinySaeShape { DIn = 3, DSae = (1 << 14) - 5 });
        var sae = tiny.Load();
        var x = tiny.Inputs(600, seed: 1);
        var all = sae.Encode(x);
        Assert.Equal(600, all.Tokens);
        foreach (var token in new[] { 0, 255, 256, 257, 512, 599 })
        {
            var alone = sae.EncodeDense(x.Rows(token - token % 2, 2))[token % 2].Memory.ToArray();
            Assert.Equal(Enumerable.Range(0, alone.Length).Where(f => alone[f] != 0).Select(f => (token, f, alone[f])), all.On(token).Select(f => (f.Token, f.Feature, f.Value)));
        }
    }

    [Fact]
    public void Encode_HeadsOfHookZ_AreLaidSideBySide()
    {
        using var tiny = new TinySae(new TinySaeShape { Hook = "blocks.1.attn.hook_z", Reshape = "hook_z", DIn = 24 });
        var sae = tiny.Load();
        var flat = tiny.Inputs(Tokens, seed: 1);
        var heads = flat.Reshape(Tokens, 4, 6);
        TwinAssert.Same("dense", sae.EncodeDense(flat), sae.EncodeDense(heads));
        var recons = sae.Reconstruct(heads);
        Assert.Equal([Tokens, 4, 6], recons.Shape.ToArray());
        TwinAssert.Same("reconstruct", sae.Reconstruct(flat), recons.Reshape(Tokens, 24));
    }

    [Fact]
    public void Direction_IsARowOfTheDecoder()
    {
        using var tiny = new TinySae(new TinySaeShape { DType = DType.BF16 });
        var direction = tiny.Load().Direction(7);
        Assert.Equal(tiny.Decoder[(7 * 20)..(8 * 20)], Array.ConvertAll(direction, v => (double)v));
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Load().Direction(53));
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Load().Direction(-1));
    }

    [Fact]
    public void Encode_InputOfAnotherShape_IsRefused()
    {
        using var tiny = new TinySae();
        var sae = tiny.Load();
        foreach (var x in new[] { Tensor.Zeros(3, 19), Tensor.Zeros(20), Tensor.Zeros(3, 4, 5), Tensor.Zeros(20, 3) })
        {
            var e = Assert.Throws<Saes.SaeException>(() => sae.EncodeDense(x));
            Assert.Contains("[token, 20]", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EncodeFeatures_FeatureThatIsNotThere_IsRefused()
    {
        using var tiny = new TinySae();
        var sae = tiny.Load();
        Assert.Contains("0 to 52", Assert.Throws<ArgumentOutOfRangeException>(() => sae.EncodeFeatures(tiny.Inputs(2, 1), [1, 53])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => sae.EncodeFeatures(tiny.Inputs(2, 1), [-1]));
    }

    [Fact]
    public void EncodeFeatures_NoFeatures_GivesNoColumns()
    {
        using var tiny = new TinySae();
        Assert.Equal([2, 0], tiny.Load().EncodeFeatures(tiny.Inputs(2, 1), []).Shape.ToArray());
    }

    [Fact]
    public void Encode_NoTokens_GivesNone()
    {
        using var tiny = new TinySae();
        var features = tiny.Load().Encode(Tensor.Zeros(0, 20));
        Assert.Equal(0, features.Tokens);
        Assert.Empty(features);
    }

    [Fact]
    public void Encode_Cancelled_Stops()
    {
        using var tiny = new TinySae();
        Assert.Throws<OperationCanceledException>(() => tiny.Load().Encode(tiny.Inputs(2, 1), new CancellationToken(canceled: true)));
    }

    private static SaeTwin.Steps[] Steps(TinySae tiny, Tensor x)
    {
        var twin = new SaeTwin(tiny);
        return [.. Enumerable.Range(0, x.Shape[0]).Select(t => twin.Run(Array.ConvertAll(x[t].Memory.ToArray(), v => (double)v)))];
    }
}
