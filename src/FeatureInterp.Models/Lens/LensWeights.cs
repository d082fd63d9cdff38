using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// A model's matrices as fp32 arrays in TransformerLens's shapes and under its names, with the model's weight processing folded in.
/// Each is computed when it is asked for and kept by nobody, so the checkpoint is never converted whole; ask once and hold the result
/// where a loop needs it. Vectors stand on the left: a row x of the residual stream is read as x·W. Definition: TransformerLens,
/// <c>weight_processing.py</c>.
/// </summary>
public sealed class LensWeights
{
    private readonly Transformer _model;
    private readonly ModelWeights _w;
    private readonly WeightProcessing _processing;
    private readonly Lazy<Tensor?> _meanColumn;

    internal LensWeights(Transformer model, ModelWeights weights, WeightProcessing processing)
    {
        _model = model;
        _w = weights;
        _processing = processing;
        _meanColumn = new Lazy<Tensor?>(MeanColumn);
    }

    /// <summary>Whether the norms are layer norms, which take the mean off; otherwise they are root-mean-square norms.</summary>
    public bool HasLayerNorm => _w.Final.Bias is not null;

    /// <summary>The matrices of one block.</summary>
    /// <param name="layer">The block, from 0.</param>
    /// <exception cref="HookException">The model has no such block.</exception>
    public LensBlockWeights Block(int layer) => (uint)layer < (uint)_w.Blocks.Count
        ? new LensBlockWeights(_w.Blocks[layer], _processing)
        : throw new HookException($"Layer {layer} is asked for, but {_model.Name} has layers 0–{_w.Blocks.Count - 1}.");

    /// <summary>W_E, [d_vocab, d_model]: scaled as the architecture scales it, rows of mean zero where writing weights are centred.</summary>
    public Tensor W_E() => W_E([.. Enumerable.Range(0, _model.Config.VocabSize)]);

    /// <summary>Some rows of W_E, [token, d_model].</summary>
    /// <param name="tokens">Token ids, in any order.</param>
    /// <exception cref="PromptException">A token is not in the vocabulary.</exception>
    public Tensor W_E(IReadOnlyList<int> tokens)
    {
        // What a run embeds is the definition; each architecture scales in its own way.
        var rows = Tensor.Uninitialized(tokens.Count, _model.Config.DModel);
        for (int first = 0, count; first < tokens.Count; first += count)
        {
            count = Math.Min(_model.Config.ContextLength, tokens.Count - first);
            var part = tokens.Skip(first).Take(count).ToArray();
            _model.Run(part, capture: HookSite.Embed.Name(0), stopAtLayer: 0).Activations[new HookPoint(HookSite.Embed)][0].Span.CopyTo(rows.Rows(first, count).Span);
        }

        return rows;
    }

    /// <summary>W_pos, [n_ctx, d_model], rows of mean zero where writing weights are centred; null where positions are not learned.</summary>
    public Tensor? W_pos()
    {
        if (_w.Positions?.ToTensor() is not { } positions)
            return null;
        if (_processing.CenterWritingWeights)
            NormStep.Centre(positions, _model.Config.DModel);
        return positions;
    }

    /// <summary>
    /// W_U, [d_model, d_vocab]. Folded: times the last norm's gain and, behind a layer norm, less each column's mean over d_model;
    /// centred: less each row's mean over the vocabulary.
    /// </summary>
    public Tensor W_U()
    {
        var unembed = FoldNorm.Into(_w.Unembed, _w.Final, _processing.FoldLn);
        if (_processing.CenterUnembed)
            NormStep.Centre(unembed, _w.Unembed.Outputs);
        return unembed;
    }

    /// <summary>One column of <see cref="W_U"/>, [d_model]: the direction of the residual stream that a token's logit reads.</summary>
    /// <param name="token">The token's id.</param>
    /// <exception cref="PromptException">The token is not in the vocabulary.</exception>
    public Tensor UnembedColumn(int token)
    {
        if ((uint)token >= (uint)_w.Unembed.Outputs)
            throw new PromptException($"Token {token} is not in the vocabulary of {_model.Name} (0 to {_w.Unembed.Outputs - 1}).");
        var column = FoldNorm.Into(_w.Unembed.Column(token), _w.Final, _processing.FoldLn);
        if (_meanColumn.Value is { } mean)
            TensorPrimitives.Subtract(column.Span, mean.Span, column.Span);
        return column;
    }

    /// <summary>b_U, [d_vocab]; with the last norm folded, its bias through W_U is part of it; centred: less its mean.</summary>
    public Tensor b_U()
    {
        var bias = FoldNorm.Bias(_w.Unembed, _w.Final, _processing.FoldLn);
        if (_processing.CenterUnembed)
            NormStep.Centre(bias, bias.Length);
        return bias;
    }

    /// <summary>x·W_U + b_U of each row, by the checkpoint's own matrix: W_U is not written out.</summary>
    /// <param name="x">[row, d_model]</param>
    /// <param name="withBias">Whether b_U is added.</param>
    /// <returns>[row, d_vocab]</returns>
    public Tensor Unembed(Tensor x, bool withBias = true)
    {
        var (rows, logits) = (x.Clone(), Tensor.Uninitialized(x.Shape[0], _w.Unembed.Outputs));
        if (_processing.FoldLn)
        {
            // Columns of mean zero read nothing of a row's mean: x·(W − mean W) = (x − mean x)·W.
            if (HasLayerNorm)
                NormStep.Centre(rows, rows.Shape[^1]);
            for (var r = 0; r < rows.Shape[0]; r++)
                TensorPrimitives.Multiply(rows.Row(r), _w.Final.Gain.Span, rows.Row(r));
        }

        _w.Unembed.Multiply(rows.Span, logits.Span);
        if (_processing.CenterUnembed)
            NormStep.Centre(logits, logits.Shape[^1]);
        if (withBias)
            Kernels.AddToRows(logits.Span, b_U().Span, logits.Span);
        return logits;
    }

    /// <summary>
    /// <c>ln_final</c> of each row: (x − mean)/√(mean((x − mean)²) + eps)·gain + bias, without the mean and the bias in
    /// root-mean-square norms, and without gain and bias where they are folded into W_U.
    /// </summary>
    /// <param name="x">[…, d_model]</param>
    /// <returns>The shape of <paramref name="x"/>.</returns>
    public Tensor FinalNorm(Tensor x)
    {
        var (y, norm) = (x.Clone(), _w.Final);
        var gain = _processing.FoldLn ? Ones(norm.Gain.Length) : norm.Gain;
        if (norm.Bias is { } bias)
            Kernels.LayerNorm(x.Span, gain.Span, (_processing.FoldLn ? Tensor.Zeros(bias.Length) : bias).Span, norm.Eps, y.Span);
        else
            Kernels.RmsNorm(x.Span, gain.Span, norm.Eps, y.Span);
        return y;
    }

    /// <summary>What <c>ln_final</c> divides each row by, √(mean((x − mean)²) + eps), without the mean in root-mean-square norms.</summary>
    /// <param name="x">[…, d_model]</param>
    /// <returns>[…, 1]</returns>
    public Tensor FinalScale(Tensor x)
    {
        var scale = Tensor.Uninitialized([.. x.Shape[..^1], 1]);
        if (HasLayerNorm)
            NormStep.Centre(x = x.Clone(), x.Shape[^1]);
        Kernels.RmsScale(x.Span, _w.Final.Gain.Length, _w.Final.Eps, scale.Span);
        return scale;
    }

    /// <summary>
    /// What biases alone add to the residual stream that enters a block: Σ b_O + Σ b_out over the blocks before it, [d_model].
    /// Definition: TransformerLens's <c>accumulated_bias</c>.
    /// </summary>
    /// <param name="layer">The block, from 0 to the number of blocks.</param>
    /// <param name="mlpInput">Whether b_O of that block counts too: the bias in what its MLP reads.</param>
    /// <param name="includeMlpBiases">Whether b_out counts.</param>
    /// <exception cref="HookException">The model has no such block.</exception>
    public Tensor AccumulatedBias(int layer, bool mlpInput = false, bool includeMlpBiases = true)
    {
        var count = _w.Blocks.Count;
        if (layer < 0 || layer > (mlpInput ? count - 1 : count))
            throw new HookException($"The bias up to layer {layer} is asked for, but {_model.Name} has layers 0–{count - 1}.");
        var sum = Tensor.Zeros(_model.Config.DModel);
        for (var l = 0; l < (mlpInput ? layer + 1 : layer); l++)
        {
            var block = Block(l);
            TensorPrimitives.Add(sum.Span, block.b_O().Span, sum.Span);
            if (includeMlpBiases && l < layer)
                TensorPrimitives.Add(sum.Span, block.b_out().Span, sum.Span);
        }

        return sum;
    }

    // The mean over the vocabulary of the folded columns: folding is linear, so the mean is folded once.
    private Tensor? MeanColumn()
    {
        if (!_processing.CenterUnembed)
            return null;
        var sum = new double[_model.Config.DModel];
        for (var token = 0; token < _w.Unembed.Outputs; token++)
        {
            var column = _w.Unembed.Column(token).Span;
            for (var d = 0; d < sum.Length; d++)
                sum[d] += column[d];
        }

        var mean = Array.ConvertAll(sum, s => (float)(s / _w.Unembed.Outputs));
        return FoldNorm.Into(new Tensor(mean, mean.Length), _w.Final, _processing.FoldLn);
    }

    private static Tensor Ones(int length)
    {
        var ones = Tensor.Uninitialized(length);
        ones.Span.Fill(1);
        return ones;
    }
}
