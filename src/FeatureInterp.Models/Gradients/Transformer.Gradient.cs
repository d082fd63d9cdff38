using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <content>Gradients of a metric with respect to the values at hooks: hand-written, step by step, beside the steps of the forward pass.</content>
public abstract partial class Transformer
{
    /// <summary>
    /// Runs the model once over the prompts and takes the gradient of a metric of the logits back to hooks: d(metric)/d(value), exact but for
    /// rounding. Only values have gradients, weights have none. A prompt gets the numbers it would get alone; a hook inside a norm or inside
    /// attention makes that step go back part by part, which may round the last digit otherwise. Costs about two and a half forward runs.
    /// </summary>
    /// <param name="prompts">Texts or token ids.</param>
    /// <param name="metric">What the gradient is of.</param>
    /// <param name="at">The hooks whose values and gradients to keep, as names or patterns; every hook of the model has one.</param>
    /// <param name="edit">Changes made on the way, in order, with the way a gradient goes back through them.</param>
    /// <param name="startAtLayer">The first block to run; it needs <paramref name="residual"/>.</param>
    /// <param name="residual">[token, d_model], the prompts' tokens one after another: what block <paramref name="startAtLayer"/> is given.</param>
    /// <param name="cancellation">Looked at before each block, forward and back.</param>
    /// <exception cref="PromptException">An empty or too long prompt, a token outside the vocabulary, a metric that does not fit, or a run that memory will not hold.</exception>
    /// <exception cref="HookException">A hook that this model does not have in this run, or none at all.</exception>
    public GradientResult Gradient(
        Prompts prompts,
        LogitMetric metric,
        HookSelection? at = null,
        IReadOnlyList<GradientEdit>? edit = null,
        int startAtLayer = 0,
        Tensor? residual = null,
        CancellationToken cancellation = default)
    {
        var range = LayerRange.Of(this, startAtLayer, null, residual);
        return Gradient(prompts, range, metric.Reads, at, edit, residual, cancellation, (result, prompt, gradient) =>
            metric.Evaluate(result.Logits[prompt], result.Batch[prompt], prompt, gradient));
    }

    /// <summary>
    /// As <see cref="Gradient(Prompts, LogitMetric, HookSelection?, IReadOnlyList{GradientEdit}?, int, Tensor?, CancellationToken)"/>, from a gradient
    /// of the residual stream that enters a block, or leaves the last, instead of from logits; what comes after is not run. The metric is then
    /// <c>Σ upstream · residual</c>, of which it is the gradient.
    /// </summary>
    /// <param name="prompts">Texts or token ids.</param>
    /// <param name="upstream">[token, d_model], the prompts' tokens one after another: the gradient of what enters block <paramref name="stopAtLayer"/>.</param>
    /// <param name="stopAtLayer">The block to stop before; a negative number counts from the end, and left out it is after the last.</param>
    /// <param name="at">The hooks whose values and gradients to keep, as names or patterns.</param>
    /// <param name="edit">Changes made on the way, in order, with the way a gradient goes back through them.</param>
    /// <param name="startAtLayer">The first block to run; it needs <paramref name="residual"/>.</param>
    /// <param name="residual">[token, d_model]: what block <paramref name="startAtLayer"/> is given.</param>
    /// <param name="cancellation">Looked at before each block, forward and back.</param>
    /// <exception cref="PromptException">An empty or too long prompt, a token outside the vocabulary, a gradient of another size, or a run that memory will not hold.</exception>
    /// <exception cref="HookException">A hook that this model does not have in this run, or none at all.</exception>
    public GradientResult Gradient(
        Prompts prompts,
        Tensor upstream,
        int? stopAtLayer = null,
        HookSelection? at = null,
        IReadOnlyList<GradientEdit>? edit = null,
        int startAtLayer = 0,
        Tensor? residual = null,
        CancellationToken cancellation = default)
    {
        var range = LayerRange.Of(this, startAtLayer, stopAtLayer, residual);
        return Gradient(prompts, range, null, at, edit, residual, cancellation, (result, prompt, gradient) =>
        {
            if (upstream.Length != result.Residual.Length)
                throw new PromptException($"The gradient to start back from is {upstream}, but these prompts need {Tensor.Format(result.Residual.Shape)}.");
            var (first, count) = (result.Batch.FirstRow(prompt) * Config.DModel, result.Batch.Length(prompt) * Config.DModel);
            upstream.Span.Slice(first, count).CopyTo(gradient.Span);
            return TensorPrimitives.Dot(upstream.Span.Slice(first, count), result.Residual.Span.Slice(first, count));
        });
    }

    /// <summary>Whether gradient runs hold their tapes: null lets memory decide. For tests.</summary>
    internal bool? HoldsTapes { get; set; }

    /// <summary>The residual stream's first value.</summary>
    internal Tensor Enter(ForwardPass run) => run.Residual is { } residual ? Resume(run, residual) : Embed(run);

    /// <summary>One block.</summary>
    internal void RunBlock(ForwardPass run, int layer, Tensor x) => Block(run, layer, x);

    /// <summary>The logits.</summary>
    internal Tensor RunUnembed(ForwardPass run, Tensor x) => Unembed(run, x);

    private delegate double OutputGradient(RunResult result, int prompt, Tensor gradient);

    private GradientResult Gradient(
        Prompts prompts, LayerRange range, LogitsAt? logits, HookSelection? at, IReadOnlyList<GradientEdit>? edit, Tensor? residual, CancellationToken cancellation, OutputGradient metric)
    {
        var batch = new TokenBatch(prompts.Tokenize(this));
        var trace = new GradientTrace(this, at, edit, range, hasLogits: logits is not null);
        var hooks = new HookScope(this, null, trace.Edits, null, range);
        CheckResidual(batch, residual);
        var (plan, free) = (GradientPlan.Of(this, batch, hooks, trace, range, logits), FreeMemory.Bytes());
        plan.Check(this, batch.RowCount, free);
        var holds = HoldsTapes ?? GradientPlan.HoldsTapes(this, batch.RowCount, range.Stop - trace.LowestLayer, plan, free);
        if (!_workspaces.TryTake(out var work))
            work = new Workspace();
        try
        {
            var pass = new GradientPass(this, NewPass(hooks, batch, range, residual, null, logits ?? LogitsAt.Last, cancellation, work), trace, logits is not null, holds);
            var output = pass.Forward();
            var forward = new RunResult(this, batch, logits is not null, output, new Activations());
            var gradient = Tensor.Zeros(output.Shape);
            var values = new double[batch.Count];
            for (int p = 0, row = 0; p < values.Length; p++)
            {
                var count = output.Shape[0] == batch.RowCount ? batch.Length(p) : 1;
                values[p] = metric(forward, p, gradient.Rows(row, count));
                row += count;
            }

            pass.Back(output, gradient);
            pass.Close();                                                           // what a failed run has rented is left to the garbage collector
            var kept = trace.Kept(this);
            return new GradientResult(new RunResult(this, batch, logits is not null, output, kept.Values), values, kept.Gradients);
        }
        finally
        {
            _workspaces.Add(work);
        }
    }
}
