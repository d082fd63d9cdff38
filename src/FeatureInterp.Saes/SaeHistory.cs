using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>What an SAE that looks back has been given in the earlier steps of a run with a KV cache: every text from its first token on.</summary>
internal sealed class SaeHistory(SparseAutoencoder sae)
{
    private readonly List<(float[] Values, int Tokens)> _texts = [];

    private int Width => sae.Config.DIn;

    /// <summary>Puts a step's rows behind what is there.</summary>
    /// <param name="x">[row, d_in]</param>
    /// <param name="batch">The tokens of the step.</param>
    /// <returns>All rows of the texts that have tokens in this step.</returns>
    /// <exception cref="SaeException">Earlier tokens of a text were run without this SAE.</exception>
    public Rows Extend(Tensor x, TokenBatch batch)
    {
        for (var p = 0; p < batch.Count; p++)
        {
            if (_texts.Count == p)
                _texts.Add(([], 0));
            var (values, tokens) = _texts[p];
            var (start, end) = (batch.Start(p), batch.Start(p) + batch.Length(p));
            if (start > tokens)
                throw new SaeException($"{sae.Name} looks at the tokens before, but {start} tokens of prompt {p} are only in the KV cache of another run; run the whole prompt at once, or use Generate, which keeps them.");
            if (values.Length < end * Width)
                Array.Resize(ref values, Math.Max(end, values.Length / Width * 2) * Width);
            x.Rows(batch.FirstRow(p), batch.Length(p)).Span.CopyTo(values.AsSpan(start * Width));
            _texts[p] = (values, end);
        }

        var taking = Enumerable.Range(0, batch.Count).Where(p => batch.Length(p) > 0).ToArray();
        var lengths = Array.ConvertAll(taking, p => _texts[p].Tokens);
        var all = Tensor.Uninitialized(lengths.Sum(), Width);
        var row = 0;
        foreach (var p in taking)
        {
            _texts[p].Values.AsSpan(0, _texts[p].Tokens * Width).CopyTo(all.Span[(row * Width)..]);
            row += _texts[p].Tokens;
        }

        return new Rows(all, lengths, Array.ConvertAll(taking, batch.Length));
    }

    /// <summary>Writes a step's rows over those that were put in last: they were changed on the way.</summary>
    /// <param name="x">[row, d_in]</param>
    /// <param name="batch">The tokens of the step.</param>
    public void Replace(Tensor x, TokenBatch batch)
    {
        for (var p = 0; p < batch.Count; p++)
            x.Rows(batch.FirstRow(p), batch.Length(p)).Span.CopyTo(_texts[p].Values.AsSpan(batch.Start(p) * Width));
    }

    /// <summary>Whole texts, and which of their rows are new: the last ones of each.</summary>
    /// <param name="All">[row of all texts, d_in]</param>
    /// <param name="Lengths">The rows of each text.</param>
    /// <param name="New">The new rows of each.</param>
    public sealed record Rows(Tensor All, int[] Lengths, int[] New)
    {
        /// <summary>The new rows of a value with a row for each of <see cref="All"/>.</summary>
        public Tensor Take(Tensor value)
        {
            if (value.Shape[0] == New.Sum())
                return value;
            var taken = Tensor.Uninitialized(New.Sum(), value.Length / value.Shape[0]);
            Walk((from, to, count) => value.Rows(from, count).Span.CopyTo(taken.Rows(to, count).Span));
            return taken;
        }

        /// <summary>Puts new rows back where <see cref="Take"/> took them from.</summary>
        public void Put(Tensor taken, Tensor value)
        {
            if (!ReferenceEquals(taken, value))
                Walk((from, to, count) => taken.Rows(to, count).Span.CopyTo(value.Rows(from, count).Span));
        }

        /// <summary>The row of <see cref="All"/> at which each prompt's new ones begin; 0 for a prompt that has none.</summary>
        public int[] FirstOfStep(TokenBatch batch)
        {
            var first = new int[batch.Count];
            for (int p = 0, i = 0, end = 0; p < first.Length; p++)
            {
                if (batch.Length(p) == 0)
                    continue;
                end += Lengths[i];
                first[p] = end - New[i++];
            }

            return first;
        }

        private void Walk(Action<int, int, int> each)
        {
            for (int i = 0, end = 0, to = 0; i < New.Length; i++)
            {
                end += Lengths[i];
                each(end - New[i], to, New[i]);
                to += New[i];
            }
        }
    }
}
