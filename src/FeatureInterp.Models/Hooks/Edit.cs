using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A change to the value at one or several hooks, made while a run passes them.</summary>
/// <param name="Hook">A hook's name, or a pattern with <c>*</c> and <c>?</c>.</param>
/// <param name="Apply">Writes the new value into the one it is given.</param>
public sealed record Edit(string Hook, Action<HookValue> Apply);

/// <summary>The usual edits. Positions, heads and indices count from 0; a position counts from the start of each prompt.</summary>
public static class Hook
{
    /// <summary>Sets a value to zero, whole or in part.</summary>
    /// <param name="hook">A hook's name or pattern.</param>
    /// <param name="position">Only at this position of each prompt; everywhere if left out.</param>
    /// <param name="head">Only this head, at a site that has heads.</param>
    /// <param name="index">Only this last index: a neuron, or a feature of <c>hook_sae_acts_post</c>.</param>
    /// <exception cref="HookException">A negative number; at the run: a head or index that the site does not have.</exception>
    public static Edit Zero(string hook, int? position = null, int? head = null, int? index = null) => Set(hook, 0, position, head, index);

    /// <summary>Sets a value to a number, whole or in part: clamps a feature.</summary>
    /// <param name="hook">A hook's name or pattern.</param>
    /// <param name="value">The number.</param>
    /// <param name="position">Only at this position of each prompt; everywhere if left out.</param>
    /// <param name="head">Only this head, at a site that has heads.</param>
    /// <param name="index">Only this last index: a neuron, or a feature of <c>hook_sae_acts_post</c>.</param>
    /// <exception cref="HookException">A negative position, head or index; at the run: a head or index that the site does not have.</exception>
    public static Edit Set(string hook, float value, int? position = null, int? head = null, int? index = null) =>
        OnParts(hook, position, head, index, part => part.Fill(value));

    /// <summary>Multiplies a value with a factor, whole or in part.</summary>
    /// <param name="hook">A hook's name or pattern.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="position">Only at this position of each prompt; everywhere if left out.</param>
    /// <param name="head">Only this head, at a site that has heads.</param>
    /// <param name="index">Only this last index: a neuron, or a feature of <c>hook_sae_acts_post</c>.</param>
    /// <exception cref="HookException">A negative position, head or index; at the run: a head or index that the site does not have.</exception>
    public static Edit Scale(string hook, float factor, int? position = null, int? head = null, int? index = null) =>
        OnParts(hook, position, head, index, part => TensorPrimitives.Multiply(part, factor, part));

    /// <summary>Adds <c>scale · vector</c> at every position: steering, when the vector is a row of W_dec.</summary>
    /// <param name="hook">A hook's name or pattern.</param>
    /// <param name="vector">As long as one position of the site.</param>
    /// <param name="scale">The factor.</param>
    /// <param name="position">Only at this position of each prompt; everywhere if left out.</param>
    /// <exception cref="HookException">A negative position; at the run: the vector's length is not the site's.</exception>
    public static Edit Add(string hook, ReadOnlyMemory<float> vector, float scale = 1, int? position = null)
    {
        CheckCounted(hook, position, nameof(position));
        return new(hook, value => ForEach(value, position, head: null, part =>
        {
            CheckLength(value, vector.Length, part.Length);
            TensorPrimitives.MultiplyAdd(vector.Span, scale, part, part);
        }));
    }

    /// <summary>Puts other values in place of one prompt's.</summary>
    /// <param name="hook">A hook's name or pattern.</param>
    /// <param name="with">As many values as the prompt has at this site.</param>
    /// <param name="prompt">The prompt.</param>
    /// <exception cref="HookException">At the run: there is no such prompt, or the number of values is not the site's.</exception>
    public static Edit Replace(string hook, Tensor with, int prompt = 0) =>
        new(hook, value =>
        {
            if ((uint)prompt >= (uint)value.Count)
                throw new HookException($"{value.Point}: there is no prompt {prompt} to replace the values of; this run has {value.Count}.");
            CheckLength(value, with.Length, value[prompt].Length);
            with.Span.CopyTo(value[prompt].Span);
        });

    /// <summary>Any change, written by hand.</summary>
    /// <param name="hook">A hook's name or pattern.</param>
    /// <param name="change">Is given one prompt's value at a time: [pos, …], or [head, query, key].</param>
    public static Edit Change(string hook, Action<Tensor> change) =>
        new(hook, value =>
        {
            for (var p = 0; p < value.Count; p++)
                change(value[p]);
        });

    private delegate void Part(Span<float> values);

    private static Edit OnParts(string hook, int? position, int? head, int? index, Part change)
    {
        CheckCounted(hook, position, nameof(position));
        CheckCounted(hook, head, nameof(head));
        CheckCounted(hook, index, nameof(index));
        return new(hook, value => ForEach(value, position, head, part =>
        {
            if (index is not { } i)
                change(part);
            else if (i < part.Length)
                change(part.Slice(i, 1));
            else
                throw new HookException($"{value.Point} has no index {i}; give 0 to {part.Length - 1}.");
        }));
    }

    // Calls back with each position's (and head's) values.
    private static void ForEach(HookValue value, int? position, int? head, Part part)
    {
        if (value.Rows is null)
            throw new HookException($"{value.Point} is [head, query, key]: write the change by hand with Hook.Change.");
        for (var p = 0; p < value.Count; p++)
        {
            var tensor = value[p];
            for (var row = 0; row < tensor.Shape[0]; row++)
            {
                if (position is { } wanted && value.Batch.Start(p) + row != wanted)
                    continue;
                if (head is null)
                    part(tensor.Row(row));
                else if (tensor.Rank == 3 && (uint)head.Value < (uint)tensor.Shape[1])
                    part(tensor[row].Row(head.Value));
                else
                    throw new HookException($"{value.Point} is {Tensor.Format(tensor.Shape)}: it has no head {head}.");
            }
        }
    }

    // A position that no prompt reaches is no error (while generating, most steps do not pass it), but none counts from the end.
    private static void CheckCounted(string hook, int? number, string what)
    {
        if (number < 0)
            throw new HookException($"{hook}: the {what} is {number}, but positions, heads and indices count from 0.");
    }

    private static void CheckLength(HookValue value, int found, int wanted)
    {
        if (found != wanted)
            throw new HookException($"{value.Point} takes {wanted} values here, but {found} were given.");
    }
}
