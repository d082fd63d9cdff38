using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A splice at work in one run.</summary>
public interface ISpliceRun
{
    /// <summary>Writes the replacement into the value, firing the splice's own hooks on the way.</summary>
    /// <param name="input">[row, …], the value at the splice's input hook, as the model went on with it; the value itself where that is the same hook. Not to be written to.</param>
    /// <param name="value">The value to be replaced.</param>
    /// <param name="hooks">The run's hooks.</param>
    void Apply(Tensor input, HookValue value, HookScope hooks);
}
