using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Interactive;

/// <summary>A value on show, which can be replaced in place.</summary>
public sealed class DisplayedValue
{
    private readonly IOutputSink _sink;
    private readonly string _displayId;
    private readonly string[] _mimeTypes;

    private DisplayedValue(IOutputSink sink, string displayId, string[] mimeTypes) =>
        (_sink, _displayId, _mimeTypes) = (sink, displayId, mimeTypes);

    /// <summary>Shows <paramref name="value"/> where this one is.</summary>
    public void Update(object? value) => _sink.UpdateDisplay(ValueFormatter.Format(value, _mimeTypes), _displayId);

    internal static DisplayedValue Show(object? value, string[] mimeTypes)
    {
        var cell = KernelContext.Current
            ?? throw new InvalidOperationException("display was called outside a running cell; call it from a cell or from a task the cell started.");
        var shown = new DisplayedValue(cell.Sink, cell.NextDisplayId(), mimeTypes);
        cell.Sink.Display(ValueFormatter.Format(value, mimeTypes), shown._displayId);
        return shown;
    }
}
