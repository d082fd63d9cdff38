using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Collects what a comparison finds.</summary>
internal sealed class DiffLog(DiffTolerance tolerance)
{
    private readonly ImmutableArray<NotebookDifference>.Builder _differences = ImmutableArray.CreateBuilder<NotebookDifference>();
    private (int?, int?, int?) _output;
    private int _ofOutput;
    private int _omitted;
    private int _numbers;
    private int _volatile;
    private int _volatileCells;
    private double _closest;

    public DiffTolerance Tolerance { get; } = tolerance;

    public void Add(NotebookDifference difference)
    {
        var output = (difference.Place.CellA, difference.Place.CellB, difference.Place.Output);
        _ofOutput = output == _output ? _ofOutput + 1 : 1;
        _output = output;
        if (_ofOutput <= NotebookDiff.MaxPerOutput)
            _differences.Add(difference with { A = Short(difference.A), B = Short(difference.B) });
        else
            _omitted++;
    }

    public void CountVolatileCell() => _volatileCells++;

    /// <summary>Compares two pieces in the same place; a literal's difference is left to the caller, who can show it in its line.</summary>
    /// <returns>Whether they are the same, or their difference was added.</returns>
    public bool Piece(TextPiece a, TextPiece b, DifferencePlace place)
    {
        if (a.Kind is PieceKind.Time or PieceKind.Size && a.Kind == b.Kind)
            _volatile++;
        if (TextPiece.Distance(a, b) is not { } distance)
            return TextPiece.Same(a, b, Tolerance);
        var allowed = Tolerance.Allowed(a, b);
        var same = TextPiece.Same(a, b, Tolerance);
        CountNumber(same ? distance : 0, allowed);
        if (!same)
            Add(new(DifferenceKind.Number, place, a.Text, b.Text, distance, allowed));
        return true;
    }

    /// <summary>Counts a number that was compared.</summary>
    public void CountNumber(double distance, double allowed)
    {
        _numbers++;
        if (distance > 0 && allowed > 0)
            _closest = Math.Max(_closest, Math.Min(1, distance / allowed));
    }

    public NotebookDiffResult Result() => new(_differences.ToImmutable(), _omitted, _numbers, _volatile, _volatileCells, _closest);

    private static string? Short(string? text) => text is null || text.Length <= 200 ? text : string.Concat(text.AsSpan(0, 199), "…");
}
