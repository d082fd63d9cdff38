using FeatureInterp.Analysis;

namespace FeatureInterp.Tests;

/// <summary>The residual stream taken apart, against TransformerLens's ActivationCache, when the goldens are there.</summary>
public class ResidualStreamGoldenTests
{
    public static TheoryData<string, string> Groups => LensGoldens.Groups;

    [Theory, MemberData(nameof(Groups))]
    public void Accumulated_EqualsTransformerLens(string family, string group)
    {
        var (golden, stream) = Run(family, group);
        golden.AssertStack("accumulated_resid", stream.Accumulated(inclMid: true), "accumulated_resid");
        golden.AssertStack("accumulated_resid_ln", stream.Accumulated(inclMid: true, applyLn: true));
        golden.AssertStack("accumulated_resid_ln_cached", stream.Accumulated(inclMid: true, applyLn: true, finalNorm: FinalNormForm.CachedScale));
        golden.AssertStack("accumulated_resid_layer2_ln", stream.Accumulated(layer: 2, applyLn: true));
    }

    [Theory, MemberData(nameof(Groups))]
    public void Decompose_EqualsTransformerLens(string family, string group)
    {
        var (golden, stream) = Run(family, group);
        golden.AssertStack("decompose_resid", stream.Decompose(), "decompose_resid");
        golden.AssertStack(
            "decompose_resid_layer2_mlp_input_attn_ln", stream.Decompose(layer: 2, mlpInput: true, parts: ResidualParts.Attention, applyLn: true), "decompose_resid_layer2_mlp_input_attn_ln");
    }

    [Theory, MemberData(nameof(Groups))]
    public void HeadResults_EqualTransformerLens(string family, string group)
    {
        var (golden, stream) = Run(family, group);
        golden.AssertStack("stack_head_results", stream.HeadResults(inclRemainder: true), "stack_head_results");
        golden.AssertStack("stack_head_results_layer2_last_ln", stream.HeadResults(layer: 2, applyLn: true, at: PositionSlice.Last), "stack_head_results_layer2_last_ln");
        golden.AssertStack("full_resid_decomposition_last", stream.Full(at: -1), "full_resid_decomposition_last");
    }

    [Theory, MemberData(nameof(Groups))]
    public void ApplyLn_EqualsTransformerLens(string family, string group)
    {
        var (golden, stream) = Run(family, group);
        var parts = stream.Decompose();
        golden.AssertStack("apply_ln_to_stack", stream.ApplyLn(parts));
        golden.AssertStack("apply_ln_to_stack_layer1_mlp_input", stream.ApplyLn(parts, layer: 1, mlpInput: true));
    }

    [Theory, MemberData(nameof(Groups))]
    public void LogitAttributions_EqualTransformerLens(string family, string group)
    {
        var (golden, stream) = Run(family, group);
        var parts = stream.Decompose();
        Golden.AssertClose("logit_attrs", golden["logit_attrs"], stream.LogitAttributions(parts, golden.Token)[0]);
        Golden.AssertClose("logit_attrs_diff", golden["logit_attrs_diff"], stream.LogitAttributions(parts, golden.Token, golden.Incorrect)[0]);
        var heads = stream.HeadResults(inclRemainder: true, at: -1);
        Golden.AssertClose("logit_attrs_heads_diff_last", golden["logit_attrs_heads_diff_last"], stream.LogitAttributions(heads, golden.Token, golden.Incorrect)[0]);
    }

    [Theory, InlineData("gpt2"), InlineData("gemma2")]
    public void NeuronResults_EqualTransformerLens(string family)
    {
        var (golden, stream) = Run(family, "processed");
        golden.AssertStack("stack_neuron_results_last", stream.NeuronResults(at: -1));
    }

    private static (LensGoldens Golden, ResidualStream Stream) Run(string family, string group)
    {
        var golden = LensGoldens.Of(family, group);
        return (golden, ResidualStream.Run(golden.Model, golden.Golden.Tokens("tokens/A"), new() { Processing = golden.Processing }));
    }
}
