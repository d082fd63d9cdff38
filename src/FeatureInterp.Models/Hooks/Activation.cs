using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What a run kept of one hook: a tensor a prompt, each as long as that prompt, nothing padded.</summary>
public sealed class Activation
{
    private readonly Tensor?[] _prompts;

    /// <summary>Names what is given.</summary>
    /// <param name="name">The hook's name.</param>
    /// <param name="prompts">A tensor a prompt.</param>
    public Activation(string name, params Tensor[] prompts)
    {
        Name = name;
        _prompts = prompts;
    }

    /// <summary>Names what is given in another form; a prompt's tensor is written out when it is first asked for.</summary>
    /// <param name="name">The hook's name.</param>
    /// <param name="values">The values.</param>
    public Activation(string name, IActivationValues values)
    {
        Name = name;
        Values = values;
        _prompts = new Tensor?[values.Count];
    }

    /// <summary>The hook's name.</summary>
    public string Name { get; }

    /// <summary>The number of prompts.</summary>
    public int Count => _prompts.Length;

    /// <summary>One prompt's value: [pos, …], or [head, query, key] for attention scores and patterns.</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor this[int prompt] => _prompts[prompt] ??= Values!.Write(prompt);

    /// <summary>The form the values were kept in, where that is not a tensor: the features of an SAE that fired.</summary>
    public IActivationValues? Values { get; }

    /// <summary>The row of a prompt's last token: of [pos, d_model], the tensor [d_model].</summary>
    /// <param name="prompt">The prompt.</param>
    public Tensor Last(int prompt = 0) => this[prompt][this[prompt].Shape[0] - 1];

    /// <summary>
    /// All prompts as one array [batch, pos, …] (or [batch, head, query, key]), shorter prompts filled up on the right.
    /// </summary>
    /// <param name="fill">What stands where a prompt has no token.</param>
    public Tensor Padded(float fill = 0)
    {
        var prompts = Enumerable.Range(0, Count).Select(p => this[p]).ToArray();
        var rank = prompts[0].Rank;
        var shape = new int[rank + 1];
        shape[0] = Count;
        for (var d = 0; d < rank; d++)
            shape[d + 1] = prompts.Max(t => t.Shape[d]);
        var result = Tensor.Uninitialized(shape);
        result.Span.Fill(fill);
        for (var p = 0; p < Count; p++)
            CopyInto(prompts[p].Span, prompts[p].Shape, result[p].Span, shape.AsSpan(1));
        return result;
    }

    private static void CopyInto(ReadOnlySpan<float> source, ReadOnlySpan<int> from, Span<float> target, ReadOnlySpan<int> to)
    {
        if (from.SequenceEqual(to) || from.Length == 0)
        {
            source.CopyTo(target);
            return;
        }

        for (var i = 0; i < from[0]; i++)
            CopyInto(source.Slice(i * (source.Length / from[0]), source.Length / from[0]), from[1..], target.Slice(i * (target.Length / to[0]), target.Length / to[0]), to[1..]);
    }
}

/// <summary>What a run kept, by hook.</summary>
public sealed class Activations
{
    private readonly Dictionary<HookPoint, Activation> _byPoint = [];
    private readonly List<HookPoint> _order = [];

    /// <summary>The hooks that were kept, in the order in which the run reached them.</summary>
    public IReadOnlyList<HookPoint> Points => _order;

    /// <summary>What was kept under a name such as <c>blocks.3.hook_resid_post</c>.</summary>
    /// <param name="name">The hook's name.</param>
    /// <exception cref="HookException">The hook is not there or was not kept; the message says how to keep it.</exception>
    public Activation this[string name] => this[HookPoint.Parse(name)];

    /// <summary>What was kept at a hook.</summary>
    /// <param name="point">The hook.</param>
    /// <exception cref="HookException">The hook was not kept; the message says how to keep it.</exception>
    public Activation this[HookPoint point] => _byPoint.TryGetValue(point, out var kept)
        ? kept
        : throw new HookException($"{point} was not kept by this run; name it in Run's argument 'capture'.");

    /// <summary>Whether the run kept this hook.</summary>
    /// <param name="point">The hook.</param>
    public bool Contains(HookPoint point) => _byPoint.ContainsKey(point);

    internal void Add(HookPoint point, Activation activation)
    {
        if (!_byPoint.ContainsKey(point))
            _order.Add(point);
        _byPoint[point] = activation;
    }
}
