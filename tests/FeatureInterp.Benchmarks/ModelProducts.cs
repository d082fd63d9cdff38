using FeatureInterp.Tensors;

namespace FeatureInterp.Benchmarks;

/// <summary>The matrix multiplies of a run of a <see cref="TemporaryModel"/> and nothing else.</summary>
internal sealed unsafe class ModelProducts
{
    private readonly Weight[] _weights;
    private readonly Weight _unembed;
    private readonly bool _inputFirst;
    private readonly int _rows;
    private readonly float[] _x;
    private readonly float[] _y;

    public ModelProducts(TemporaryModel model, int rows)
    {
        var file = SafetensorsFile.Open(model.WeightFile);
        _inputFirst = file.Weights.ContainsKey("wte.weight");
        _unembed = file.Weights[_inputFirst ? "wte.weight" : "model.embed_tokens.weight"];
        _weights = [.. file.Weights.Values.Where(w => w.Shape.Length == 2 && w != _unembed && w.Name != "wpe.weight")];
        _rows = rows;
        var widest = _weights.Max(w => Math.Max(w.RowCount, w.RowLength));
        _x = Inputs.Floats((long)rows * widest, 1);
        _y = new float[Math.Max(rows * widest, _unembed.RowCount)];
    }

    /// <summary>Two per multiply-add.</summary>
    public double Operations => 2.0 * (_rows * _weights.Sum(w => w.Count) + _unembed.Count);

    /// <summary>The bytes of weights they read.</summary>
    public double Bytes => _weights.Append(_unembed).Sum(w => w.Count * w.DType.Size());

    /// <summary>Reads the weights and nothing else.</summary>
    public void Read()
    {
        foreach (var w in _weights.Append(_unembed))
            Machine.Read(w.Pointer, (nint)(w.Count * w.DType.Size()));
    }

    public void Run()
    {
        foreach (var w in _weights)
        {
            if (_inputFirst)
                Kernels.MatMul(_x.AsSpan(0, _rows * w.RowCount), w, _y.AsSpan(0, _rows * w.RowLength));
            else
                Kernels.Linear(_x.AsSpan(0, _rows * w.RowLength), w, _y.AsSpan(0, _rows * w.RowCount));
        }

        Kernels.Linear(_x.AsSpan(0, _unembed.RowLength), _unembed, _y.AsSpan(0, _unembed.RowCount));
    }
}
