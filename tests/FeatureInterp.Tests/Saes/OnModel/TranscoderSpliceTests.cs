using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Transcoders in a made-up model: what they must equal is their output written in by hand between two runs.</summary>
public class TranscoderSpliceTests
{
    public static TheoryData<string, string, string> Pairs()
    {
        var pairs = new TheoryData<string, string, string>();
        foreach (var family in new[] { "gemma2", "gpt2", "gpt_neox" })
        {
            foreach (var input in new[] { "ln2.hook_normalized", "mlp.hook_in", "hook_mlp_in", "hook_resid_pre" })
                pairs.Add(family, "blocks.1." + input, "blocks.1.hook_mlp_out");
            pairs.Add(family, "blocks.1.ln1.hook_normalized", "blocks.1.hook_attn_out");
            pairs.Add(family, "blocks.0.hook_resid_pre", "blocks.2.hook_mlp_out");
            pairs.Add(family, "hook_embed", "blocks.0.hook_resid_post");
        }

        return pairs;
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Run_Transcoder_EqualsItsOutputWrittenInByHand(string family, string input, string output)
    {
        using var tiny = new TinyModel(family: family);
        using var transcoder = new TinyTranscoder(input, output, tiny.Shape.DModel, tiny.Shape.DModel);
        var (model, tokens, sae) = (tiny.Load(), tiny.Prompt(8, 1), transcoder.Load());
        var read = model.Run(tokens, capture: input).Activations[input][0];
        var wanted = transcoder.Map(read);
        var byHand = model.Run(tokens, edit: [Hook.Replace(output, wanted)]);

        var run = model.Run(tokens, capture: (string[])["*", input], splice: [sae.Splice()]);
        Golden.AssertClose("logits", byHand.Logits[0], run.Logits[0], 1e-5);
        TwinAssert.Same("what it reads", read, run.Activations[input][0]);
        TwinAssert.Same("its input", read, run.Activations[output + ".hook_sae_input"][0]);
        Golden.AssertClose("its output", wanted, run.Activations[output + ".hook_sae_output"][0], 1e-5);
        Assert.DoesNotContain(output, run.Activations.Points.Select(p => p.ToString()));
        Golden.AssertClose("not looking", byHand.Logits[0], model.Run(tokens, splice: [sae.Splice()]).Logits[0], 1e-5);
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Run_TranscoderWithErrorTerm_LeavesTheLogits(string family, string input, string output)
    {
        using var tiny = new TinyModel(family: family);
        using var transcoder = new TinyTranscoder(input, output, tiny.Shape.DModel, tiny.Shape.DModel);
        var model = tiny.Load();
        int[][] prompts = [tiny.Prompt(8, 1), tiny.Prompt(3, 2)];
        var run = model.Run(prompts, splice: [transcoder.Load().Splice(errorTerm: true)]);
        Golden.AssertClose("logits", model.Run(prompts).Logits.Padded(), run.Logits.Padded(), 1e-5);
    }

    [Fact]
    public void Run_TranscoderOfOtherWidths_EqualsByHand()
    {
        const string Input = "blocks.1.mlp.hook_post", Output = "blocks.1.hook_resid_post";
        using var tiny = new TinyModel();
        using var transcoder = new TinyTranscoder(Input, Output, dIn: 28);
        var (model, tokens) = (tiny.Load(), tiny.Prompt(8, 1));
        var wanted = transcoder.Map(model.Run(tokens, capture: Input).Activations[Input][0]);
        var byHand = model.Run(tokens, edit: [Hook.Replace(Output, wanted)]);
        Golden.AssertClose("logits", byHand.Logits[0], model.Run(tokens, splice: [transcoder.Load().Splice()]).Logits[0], 1e-5);
    }

    [Fact]
    public void Run_FeatureEdited_ChangesWhatItDecodesTo()
    {
        const string Input = "blocks.1.ln2.hook_normalized", Output = "blocks.1.hook_mlp_out";
        using var tiny = new TinyModel();
        using var transcoder = new TinyTranscoder(Input, Output);
        var (model, tokens, sae) = (tiny.Load(), tiny.Prompt(8, 1), transcoder.Load());
        var clean = model.Run(tokens, capture: (string[])[Input, Output]).Activations;
        Tensor plain = transcoder.Map(clean[Input][0]), edited = transcoder.Map(clean[Input][0], acts => (acts[3], acts[8], acts[11]) = (2.5, acts[8] * -3, 0));
        Edit[] edits = [Hook.Set(sae.FeaturesHook, 2.5f, index: 3), Hook.Scale(sae.FeaturesHook, -3, index: 8), Hook.Zero(sae.FeaturesHook, index: 11)];
        foreach (var errorTerm in new[] { false, true })
        {
            var wanted = edited.Clone();
            for (var i = 0; i < wanted.Length && errorTerm; i++)
                wanted.Span[i] += clean[Output][0].Span[i] - plain.Span[i];
            var run = model.Run(tokens, edit: edits, splice: [sae.Splice(errorTerm)]);
            Golden.AssertClose($"error term {errorTerm}", model.Run(tokens, edit: [Hook.Replace(Output, wanted)]).Logits[0], run.Logits[0], 1e-5);
        }
    }

    [Fact]
    public void Run_InputEdited_IsWhatTheTranscoderReads()
    {
        const string Input = "blocks.1.mlp.hook_in", Output = "blocks.1.hook_mlp_out";
        using var tiny = new TinyModel();
        using var transcoder = new TinyTranscoder(Input, Output);
        var (model, tokens) = (tiny.Load(), tiny.Prompt(8, 1));
        Edit[] edits = [Hook.Scale(Input, -1.5f, index: 2), Hook.Set(Input, 3, position: 4)];
        var read = model.Run(tokens, capture: Input, edit: edits).Activations[Input][0];
        var byHand = model.Run(tokens, edit: [Hook.Replace(Output, transcoder.Map(read))]);
        Golden.AssertClose("logits", byHand.Logits[0], model.Run(tokens, edit: edits, splice: [transcoder.Load().Splice()]).Logits[0], 1e-5);
    }

    [Fact]
    public void Run_SaeInputEdited_LeavesWhatTheModelReads()
    {
        const string Input = "blocks.1.hook_resid_mid", Output = "blocks.1.hook_mlp_out";
        using var tiny = new TinyModel();
        using var transcoder = new TinyTranscoder(Input, Output);
        var (model, tokens) = (tiny.Load(), tiny.Prompt(8, 1));
        var zero = Hook.Zero(Output + ".hook_sae_input");
        var run = model.Run(tokens, capture: (string[])[Input, Output + ".hook_sae_input"], edit: [zero], splice: [transcoder.Load().Splice()]);
        TwinAssert.Same("the residual stream", model.Run(tokens, capture: Input).Activations[Input][0], run.Activations[Input][0]);
        Assert.All(run.Activations[Output + ".hook_sae_input"][0].Memory.ToArray(), v => Assert.Equal(0, v));
        var byHand = model.Run(tokens, edit: [Hook.Replace(Output, transcoder.Map(Tensor.Zeros(8, 20)))]);
        Golden.AssertClose("logits", byHand.Logits[0], run.Logits[0], 1e-5);
    }

    /// <summary>SAELens lets the transcoder read the value from before the SAE; the model goes on with what comes after it.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Run_SaeAtTheInputHook_IsWhatTheTranscoderReads(bool saeLast)
    {
        const string Input = "blocks.1.ln2.hook_normalized", Output = "blocks.1.hook_mlp_out";
        using var tiny = new TinyModel();
        using var transcoder = new TinyTranscoder(Input, Output);
        using var tinySae = new TinySae(new TinySaeShape { Hook = Input, Seed = 4 });
        var (model, tokens) = (tiny.Load(), tiny.Prompt(8, 1));
        ISplice sae = tinySae.Load().Splice(), over = transcoder.Load().Splice();
        var read = model.Run(tokens, capture: Input + ".hook_sae_output", splice: [sae]).Activations[Input + ".hook_sae_output"][0];
        var byHand = model.Run(tokens, edit: [Hook.Replace(Output, transcoder.Map(read))], splice: [sae]);
        var run = model.Run(tokens, capture: Output + ".hook_sae_input", splice: saeLast ? [over, sae] : [sae, over]);
        TwinAssert.Same("what it reads", read, run.Activations[Output + ".hook_sae_input"][0]);
        Golden.AssertClose("logits", byHand.Logits[0], run.Logits[0], 1e-5);
    }

    [Fact]
    public void Run_TwoTranscodersOfOneInput_EachReadIt()
    {
        const string Input = "blocks.1.hook_resid_mid", First = "blocks.1.mlp.hook_in", Second = "blocks.2.hook_attn_out";
        using var tiny = new TinyModel();
        using TinyTranscoder one = new(Input, First), two = new(Input, Second, seed: 2);
        var (model, tokens) = (tiny.Load(), tiny.Prompt(8, 1));
        var read = model.Run(tokens, capture: Input).Activations[Input][0];
        Edit[] edits = [Hook.Replace(First, one.Map(read)), Hook.Replace(Second, two.Map(read))];
        var run = model.Run(tokens, splice: [two.Load().Splice(), one.Load().Splice()], edit: [Hook.Add(First + ".hook_sae_input", new float[20])]);
        Golden.AssertClose("logits", model.Run(tokens, edit: edits).Logits[0], run.Logits[0], 1e-5);
    }

    [Fact]
    public void Run_SkipTranscoder_KeepsItsSkipPath()
    {
        const string Input = "blocks.1.mlp.hook_in", Output = "blocks.1.hook_mlp_out";
        using var tiny = new TinyModel();
        using TinyTranscoder skip = new(Input, Output, skip: true), without = new(Input, Output);
        var (model, tokens) = (tiny.Load(), tiny.Prompt(8, 1));
        var read = model.Run(tokens, capture: Input).Activations[Input][0];
        Golden.AssertClose("kept", model.Run(tokens, edit: [Hook.Replace(Output, skip.Map(read))]).Logits[0], model.Run(tokens, splice: [skip.Load().Splice()]).Logits[0], 1e-5);
        Golden.AssertClose("as SAELens", model.Run(tokens, edit: [Hook.Replace(Output, without.Map(read))]).Logits[0], model.Run(tokens, splice: [skip.Load().Splice(asSaeLens: true)]).Logits[0], 1e-5);
    }
}
