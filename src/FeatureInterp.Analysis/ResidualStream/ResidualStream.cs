using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Which sublayers a decomposition lists.</summary>
public enum ResidualParts
{
    /// <summary>Attention and MLP.</summary>
    All,

    /// <summary>Attention alone.</summary>
    Attention,

    /// <summary>The MLP alone.</summary>
    Mlp,
}

/// <summary>
/// The residual stream of one run, taken apart as TransformerLens's <c>ActivationCache</c> does: what it was at each layer, what each
/// sublayer, head and neuron wrote to it, and what those parts do to a token's logit. It keeps three arrays [pos, d_model] a layer; heads and
/// neurons are computed when asked for, a layer at a time, from the stream that enters their block. A layer of null (or −1) means the end of the
/// model, a layer l the stream that enters block l.
/// </summary>
public sealed class ResidualStream
{
    private readonly StreamRecord _record;
    private readonly ResidualStreamOptions _options;

    private ResidualStream(StreamRecord record, ResidualStreamOptions options)
    {
        _record = record;
        _options = options;
        Provenance = Provenance.Of(record.Model, record.Tokens);
    }

    /// <summary>The model as it was run, its weight processing included.</summary>
    public Transformer Model => _record.Model;

    /// <summary>The token ids of each prompt.</summary>
    public IReadOnlyList<int[]> Tokens => _record.Tokens;

    /// <summary>Where the numbers come from.</summary>
    public Provenance Provenance { get; }

    /// <summary>The logits of a prompt's last token, [d_vocab].</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor LastLogits(int prompt = 0) => _record.Run.LastLogits(prompt);

    /// <summary>Runs the model once and keeps what the stream is made of.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Texts or token ids, of any lengths.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="PromptException">A prompt is empty or too long.</exception>
    /// <exception cref="AnalysisException">An option makes no sense.</exception>
    public static ResidualStream Run(Transformer model, Prompts prompts, ResidualStreamOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new ResidualStreamOptions();
        options.Validate();
        model = Processed.Model(model, options.Processing);
        return new ResidualStream(StreamRecord.Of(model, prompts, cancellation), options);
    }

    /// <summary>
    /// The stream as it enters each block up to a layer: <c>0_pre</c>, <c>1_pre</c>, …, at the end <c>final_post</c>. Definition: TransformerLens's <c>accumulated_resid</c>.
    /// </summary>
    /// <param name="layer">The last block whose input is listed.</param>
    /// <param name="inclMid">Whether the stream between attention and MLP (<c>0_mid</c>) is listed for the blocks before.</param>
    /// <param name="applyLn">Whether the norm that reads the stream at the layer is applied to every entry; see <see cref="ApplyLn"/>.</param>
    /// <param name="mlpInput">Whether what the layer's MLP reads is listed too, and its norm applied.</param>
    /// <param name="at">The positions.</param>
    /// <param name="finalNorm">What applying the norm means at the model's end.</param>
    /// <exception cref="AnalysisException">There is no such layer or position, attention and MLP read the same stream, or the stack would be too large.</exception>
    public ResidualStack Accumulated(
        int? layer = null, bool inclMid = false, bool applyLn = false, bool mlpInput = false, PositionSlice at = default, FinalNormForm finalNorm = FinalNormForm.Afresh)
    {
        var end = _record.Layer(layer, mlpInput);
        if (inclMid || mlpInput)
            _record.RequireMid();
        var stack = Builder(at, end + 1 + (inclMid ? end : 0) + (mlpInput ? 1 : 0));
        for (var l = 0; l <= end; l++)
        {
            stack.Add(l == Model.Config.Layers ? "final_post" : $"{l}_pre", _record.Entering(l));
            if ((inclMid && l < end) || (mlpInput && l == end))
                stack.Add($"{l}_mid", _record.Mid(l));
        }

        var built = stack.Build("Accumulated residual stream", Model, Provenance);
        if (!applyLn)
            return built;
        return end == Model.Config.Layers && finalNorm == FinalNormForm.Afresh
            ? built with { Values = [.. built.Values.Select(Model.LensWeights.FinalNorm)], IsNormalized = true }
            : ApplyLn(built, end, mlpInput);
    }

    /// <summary>
    /// What was written to the stream before a layer: <c>embed</c>, <c>pos_embed</c>, then each block's <c>0_attn_out</c> and <c>0_mlp_out</c>. Their sum is the
    /// stream that enters the layer. Definition: TransformerLens's <c>decompose_resid</c>.
    /// </summary>
    /// <param name="layer">The block whose input is taken apart.</param>
    /// <param name="mlpInput">Whether that block's attention counts too: what its MLP reads.</param>
    /// <param name="parts">Which sublayers are listed.</param>
    /// <param name="inclEmbeds">Whether the embeddings are listed.</param>
    /// <param name="applyLn">Whether the layer's norm is applied; see <see cref="ApplyLn"/>.</param>
    /// <param name="at">The positions.</param>
    /// <exception cref="AnalysisException">There is no such layer or position, or the stack would be too large.</exception>
    public ResidualStack Decompose(
        int? layer = null, bool mlpInput = false, ResidualParts parts = ResidualParts.All, bool inclEmbeds = true, bool applyLn = false, PositionSlice at = default)
    {
        var end = _record.Layer(layer, mlpInput);
        var listed = _record.Parts(end, mlpInput, parts, inclEmbeds);
        var stack = Builder(at, listed.Count);
        foreach (var (label, value) in listed)
            stack.Add(label, value);
        return Finished(stack, "Decomposed residual stream", applyLn, end, mlpInput);
    }

    /// <summary>
    /// Each attention head's part of the stream, z·W_O: <c>L0H0</c>, <c>L0H1</c>, …. The heads of a block sum to its attention less b_O; behind a norm after
    /// attention (Gemma-2 and 3) only with <paramref name="throughPostNorm"/>. Definition: TransformerLens's <c>stack_head_results</c>.
    /// </summary>
    /// <param name="layer">The heads of the blocks before this one are listed.</param>
    /// <param name="inclRemainder">Whether the rest of the stream follows as <c>remainder</c>.</param>
    /// <param name="applyLn">Whether the layer's norm is applied; see <see cref="ApplyLn"/>.</param>
    /// <param name="throughPostNorm">Whether a norm after attention is applied to each head, as the linear map it is once its scale is known: result·gain/scale. TransformerLens leaves it out, and so does the default.</param>
    /// <param name="at">The positions; name few where prompts are long.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="AnalysisException">There is no such layer or position, or the stack would be too large.</exception>
    public ResidualStack HeadResults(
        int? layer = null, bool inclRemainder = false, bool applyLn = false, bool throughPostNorm = false, PositionSlice at = default, CancellationToken cancellation = default)
    {
        var end = _record.Layer(layer, mlpInput: false);
        var stack = Builder(at, end * Model.Config.Heads + (inclRemainder ? 1 : 0));
        for (var l = 0; l < end; l++)
            new BlockParts(_record, l, throughPostNorm, cancellation).AddHeads(stack);
        if (inclRemainder)
            stack.AddRemainder(_record.Entering(end));
        return Finished(stack, "Head results", applyLn, end, mlpInput: false);
    }

    /// <summary>
    /// Each MLP neuron's part of the stream, its activation times its row of W_out: <c>L0N0</c>, <c>L0N1</c>, …. The neurons of a block sum to its MLP less b_out.
    /// Definition: TransformerLens's <c>stack_neuron_results</c>.
    /// </summary>
    /// <param name="layer">The neurons of the blocks before this one are listed.</param>
    /// <param name="neurons">Which neurons of each block; all if left out.</param>
    /// <param name="inclRemainder">Whether the rest of the stream follows as <c>remainder</c>.</param>
    /// <param name="applyLn">Whether the layer's norm is applied; see <see cref="ApplyLn"/>.</param>
    /// <param name="throughPostNorm">As in <see cref="HeadResults"/>, with the norm after the MLP.</param>
    /// <param name="at">The positions; name few, a block has thousands of neurons.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="AnalysisException">There is no such layer, neuron or position, or the stack would be too large; see also <see cref="TopNeurons"/>.</exception>
    public ResidualStack NeuronResults(
        int? layer = null, IReadOnlyList<int>? neurons = null, bool inclRemainder = false, bool applyLn = false, bool throughPostNorm = false,
        PositionSlice at = default, CancellationToken cancellation = default)
    {
        var end = _record.Layer(layer, mlpInput: false);
        var chosen = Neurons(neurons);
        var stack = Builder(at, checked(end * chosen.Count) + (inclRemainder ? 1 : 0));
        for (var l = 0; l < end; l++)
            new BlockParts(_record, l, throughPostNorm, cancellation).AddNeurons(stack, chosen);
        if (inclRemainder)
            stack.AddRemainder(_record.Entering(end));
        return Finished(stack, "Neuron results", applyLn, end, mlpInput: false);
    }

    /// <summary>
    /// The stream as the sum of everything that can be told apart: the heads, the MLPs (or their neurons), the embeddings, and the biases that
    /// reach it whatever the prompt (<c>bias</c>). Definition: TransformerLens's <c>get_full_resid_decomposition</c>.
    /// </summary>
    /// <param name="layer">The block whose input is taken apart.</param>
    /// <param name="mlpInput">Whether that block's heads count too: what its MLP reads.</param>
    /// <param name="expandNeurons">Whether each neuron is listed in the place of the MLPs.</param>
    /// <param name="applyLn">Whether the layer's norm is applied; see <see cref="ApplyLn"/>.</param>
    /// <param name="throughPostNorm">As in <see cref="HeadResults"/>; without it the parts of Gemma-2 and 3 do not sum to the stream.</param>
    /// <param name="at">The positions.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="AnalysisException">There is no such layer or position, or the stack would be too large.</exception>
    public ResidualStack Full(
        int? layer = null, bool mlpInput = false, bool expandNeurons = false, bool applyLn = false, bool throughPostNorm = false,
        PositionSlice at = default, CancellationToken cancellation = default)
    {
        var end = _record.Layer(layer, mlpInput);
        var attention = mlpInput ? end + 1 : end;
        var neurons = expandNeurons ? Neurons(null) : [];
        var mlps = expandNeurons ? [] : _record.Parts(end, mlpInput: false, ResidualParts.Mlp, inclEmbeds: false);
        var embeds = _record.Parts(0, mlpInput: false, ResidualParts.All, inclEmbeds: true);
        var stack = Builder(at, checked(attention * Model.Config.Heads + end * neurons.Count) + mlps.Count + embeds.Count + 1);
        for (var l = 0; l < attention; l++)
            new BlockParts(_record, l, throughPostNorm, cancellation).AddHeads(stack);
        for (var l = 0; l < end && expandNeurons; l++)
            new BlockParts(_record, l, throughPostNorm, cancellation).AddNeurons(stack, neurons);
        foreach (var (label, value) in (IEnumerable<(string, Func<int, Tensor>)>)[.. mlps, .. embeds])
            stack.Add(label, value);
        stack.AddEverywhere("bias", Model.LensWeights.AccumulatedBias(end, mlpInput, includeMlpBiases: expandNeurons));
        return Finished(stack, "Full decomposition of the residual stream", applyLn, end, mlpInput);
    }

    /// <summary>
    /// Applies the norm that reads the stream at a layer to the parts of a stack, as the linear map it is once its scale is known: less the mean over
    /// d_model (layer norms), divided by the scale of the whole stream. Gain and bias are left out; with folded norms there are none. Definition:
    /// TransformerLens's <c>apply_ln_to_stack</c>.
    /// </summary>
    /// <param name="stack">Parts of this residual stream.</param>
    /// <param name="layer">The block whose norm before attention is taken; null for the last norm.</param>
    /// <param name="mlpInput">Whether the block's norm before the MLP is taken.</param>
    /// <exception cref="AnalysisException">A norm has been applied already, or there is no such layer.</exception>
    public ResidualStack ApplyLn(ResidualStack stack, int? layer = null, bool mlpInput = false)
    {
        if (stack.IsNormalized)
            throw new AnalysisException($"A norm has been applied to '{stack.Name}' already; give the stack without applyLn.");
        var end = _record.Layer(layer, mlpInput);
        var values = new Tensor[stack.Count];
        for (var p = 0; p < values.Length; p++)
        {
            var scale = _record.ScaleAt(end, mlpInput, p);
            values[p] = stack[p].Clone();
            for (var c = 0; c < stack.Labels.Count; c++)
            {
                for (var i = 0; i < stack.Positions[p].Count; i++)
                    _record.Normalize(values[p][c].Row(i), scale.Span[stack.Positions[p][i]]);
            }
        }

        return stack with { Values = values, IsNormalized = true };
    }

    /// <summary>
    /// What each part of a stack adds to a token's logit, or to the difference of two: part / scale · (W_U[:, token] − W_U[:, incorrect]), with the last norm's
    /// scale. With folded norms the parts of a whole stream sum to the logit less b_U, before a soft cap. Definition: TransformerLens's <c>logit_attrs</c>.
    /// </summary>
    /// <param name="stack">Parts of this residual stream, without a norm.</param>
    /// <param name="tokens">The token; one, or one for each prompt.</param>
    /// <param name="incorrectTokens">The token whose logit is taken off; none if left out.</param>
    /// <exception cref="AnalysisException">A norm has been applied to the stack, or a token is none of the model's.</exception>
    public LogitAttribution LogitAttributions(ResidualStack stack, TokenChoice tokens, TokenChoice? incorrectTokens = null) =>
        LogitAttribution.Of(_record, ApplyLn(stack), stack.Name, tokens, incorrectTokens);

    /// <summary>
    /// The neurons that move a token's logit most at one position: activation · W_out · (W_U[:, token] − W_U[:, incorrect]) / scale for every neuron, of which only
    /// the largest are kept, so that no stack of all neurons is ever held.
    /// </summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="tokens">The token; one, or one for each prompt.</param>
    /// <param name="incorrectTokens">The token whose logit is taken off; none if left out.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="position">The position; the last if left out.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="AnalysisException">There is no such prompt, position or token, or count is below 1.</exception>
    public TopNeurons TopNeurons(
        int count, TokenChoice tokens, TokenChoice? incorrectTokens = null, int prompt = 0, int position = -1, CancellationToken cancellation = default) =>
        Analysis.TopNeurons.Of(_record, Provenance, count, tokens, incorrectTokens, prompt, position, cancellation);

    private ResidualStack Finished(StackBuilder stack, string name, bool applyLn, int end, bool mlpInput)
    {
        var built = stack.Build(name, Model, Provenance);
        return applyLn ? ApplyLn(built, end, mlpInput) : built;
    }

    private StackBuilder Builder(PositionSlice at, int components) => new(Tokens, at, components, Model.Config.DModel, _options.MaxStackBytes);

    private IReadOnlyList<int> Neurons(IReadOnlyList<int>? asked)
    {
        var count = Model.Config.DMlp;
        foreach (var n in asked ?? [])
        {
            if ((uint)n >= (uint)count)
                throw new AnalysisException($"Neuron {n} is asked for, but an MLP of {Model.Name} has neurons 0–{count - 1}.");
        }

        return asked ?? [.. Enumerable.Range(0, count)];
    }
}
