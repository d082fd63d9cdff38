namespace FeatureInterp.Models;

/// <summary>
/// The hooks of a batch in which each prompt has its own: prompt p meets only those of scope p, and they see it as if it were alone,
/// so what they do is bit for bit what they do in a run of that prompt.
/// </summary>
/// <param name="All">A scope a prompt; all keep the same hooks.</param>
internal sealed record HookBranches(IReadOnlyList<HookScope> All)
{
    private readonly TokenBatch[] _batches = new TokenBatch[All.Count];

    /// <summary>The tokens of the next values.</summary>
    public void Begin(TokenBatch batch)
    {
        if (batch.Count != All.Count)
            throw new InvalidOperationException($"The step has {batch.Count} prompts, but there are hooks for {All.Count}.");
        for (var p = 0; p < _batches.Length; p++)
        {
            _batches[p] = batch.Only(p);
            if (batch.Length(p) > 0)
                All[p].Begin(_batches[p]);
        }
    }

    /// <summary>Passes each prompt's part of a value; a prompt without a token in this step has none.</summary>
    public void Pass(HookValue value)
    {
        for (var p = 0; p < _batches.Length; p++)
        {
            if (_batches[p].RowCount > 0 && All[p].Wants(value.Point.Site, value.Point.Layer))
                All[p].Pass(value.Only(p, _batches[p]));
        }
    }
}
