using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>
/// Sparse values over an index, each drawn as a thin line from zero: the features of an SAE, of which a few dozen among
/// many thousands are not zero.
/// </summary>
public sealed record StemTrace : Trace
{
    // Far more than an SAE has active features; a bound for what is not sparse at all.
    private const int MaxPlotlyStems = 5000;

    /// <summary>Creates a trace from the values that are not zero.</summary>
    /// <param name="name">Names the trace, for example the prompt.</param>
    /// <param name="indices">Where the values stand, each in [0, <paramref name="length"/>).</param>
    /// <param name="values">The values, as many as <paramref name="indices"/>. NaN and infinities are left out and counted in the text form.</param>
    /// <param name="length">How many positions there are, zeros included (d_sae).</param>
    /// <param name="noun">What one position is called: hover text reads "feature 863: 14.94".</param>
    /// <param name="descriptions">A description for each value, shown in hover text; null for none.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or an index is outside [0, <paramref name="length"/>).</exception>
    public StemTrace(string name, IReadOnlyList<int> indices, IReadOnlyList<float> values, int length, string noun = "feature",
        IReadOnlyList<string>? descriptions = null)
        : base(name)
    {
        if (indices.Count != values.Count)
            throw new ArgumentException($"Stems '{name}' have {indices.Count} indices and {values.Count} values; give as many of each.", nameof(values));
        if (descriptions is not null && descriptions.Count != indices.Count)
            throw new ArgumentException($"Stems '{name}' have {indices.Count} values and {descriptions.Count} descriptions; give as many of each.", nameof(descriptions));
        foreach (var index in indices)
        {
            if (index < 0 || index >= length)
                throw new ArgumentException($"Stems '{name}' have index {index}, but only 0 to {length - 1} exist; raise the length.", nameof(indices));
        }

        Indices = [.. indices];
        Values = [.. values];
        Length = length;
        Noun = noun;
        Descriptions = descriptions is null ? null : [.. descriptions];
    }

    /// <summary>Creates a trace from one value per position, mostly zeros.</summary>
    /// <param name="name">Names the trace, for example the prompt.</param>
    /// <param name="values">One value per position; zeros are dropped.</param>
    /// <param name="noun">What one position is called.</param>
    public static StemTrace FromDense(string name, IReadOnlyList<float> values, string noun = "feature")
    {
        // NaN is not zero either: it is kept here and reported in the text form.
        var indices = Enumerable.Range(0, values.Count).Where(i => values[i] is not 0).ToList();
        return new(name, indices, [.. indices.Select(i => values[i])], values.Count, noun);
    }

    /// <summary>Where the values stand.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The values at <see cref="Indices"/>.</summary>
    public IReadOnlyList<float> Values { get; }

    /// <summary>How many positions there are, zeros included.</summary>
    public int Length { get; }

    /// <summary>What one position is called.</summary>
    public string Noun { get; }

    /// <summary>A description for each value, or null.</summary>
    public IReadOnlyList<string>? Descriptions { get; }

    internal override Interval XRange => Length is 0 ? Interval.Empty : new(0, Math.Max(1, Length - 1));

    internal override Interval YRange => Length is 0 ? Interval.Empty : Stems().Aggregate(new Interval(0, 0), (range, i) => range.With(Values[i]));

    internal override string Note => Numbers.Skipped(Values.Select(v => (double)v));

    internal override void Draw(SvgWriter svg, PlotArea area, TraceStyle style) => StemDrawing.Draw(this, svg, area, style);

    internal override void WritePlotly(Utf8JsonWriter json, TraceStyle style)
    {
        // Each stem is two points and a gap. Both points carry the value, so that pointing anywhere at the stem shows it.
        var stems = Largest(Stems()).Take(MaxPlotlyStems).OrderBy(i => Indices[i]).ToList();
        json.WriteString("type", "scatter");
        json.WriteString("mode", "lines");
        json.WriteStartObject("line");
        json.WriteString("color", style.Tone.Light);
        json.WriteNumber("width", 1.5);
        json.WriteEndObject();
        json.WriteBoolean("connectgaps", false);
        PlotlyJson.WriteNumbers(json, "x", stems.SelectMany(i => (double[])[Indices[i], Indices[i], double.NaN]).DefaultIfEmpty(double.NaN));
        PlotlyJson.WriteNumbers(json, "y", stems.SelectMany(i => (double[])[0, Values[i], double.NaN]).DefaultIfEmpty(double.NaN));
        PlotlyJson.WriteNumbers(json, "customdata", stems.SelectMany(i => (double[])[Values[i], Values[i], double.NaN]).DefaultIfEmpty(double.NaN));
        if (Descriptions is not null)
            PlotlyJson.WriteTexts(json, "text", stems.SelectMany(i => (string[])[Descriptions[i], Descriptions[i], ""]).DefaultIfEmpty(""));
        json.WriteString("hovertemplate", PlotlyJson.Escape(Noun) + " %{x:d}: %{customdata:.4~g}" +
            (Descriptions is null ? "" : "<br>%{text}") + PlotlyJson.NameInHover);
    }

    internal override void WriteText(TextBlock text)
    {
        var stems = Stems().ToList();
        var name = Name.Length > 0 ? VisibleText.Line(Name) + ": " : "";
        var noun = VisibleText.Line(Noun);
        if (stems.Count is 0)
        {
            text.Wrapped(Length is 0 ? $"{name}no data" : $"{name}{Numbers.Count(Length, noun)}, all zero");
            return;
        }

        var range = Interval.Of(stems.Select(i => (double)Values[i]));
        text.Wrapped($"{name}{Numbers.Count(stems.Count)} of {Numbers.Count(Length, noun)} not zero, " +
            $"from {Numbers.Short(range.Min)} to {Numbers.Short(range.Max)}");
        ColumnPlot.Write(text, stems.Select(i => ((double)Indices[i], (double)Values[i])), XRange, fromZero: true);
        text.Items(Largest(stems).Take(8).Select(Spell), "largest  ");
    }

    /// <summary>Positions in the lists of what can be drawn.</summary>
    internal IEnumerable<int> Stems() => Enumerable.Range(0, Values.Count).Where(i => Values[i] is not 0 && Numbers.CanDraw(Values[i]));

    /// <summary>Largest size first, then lowest index, so that the order never depends on the input's.</summary>
    internal IEnumerable<int> Largest(IEnumerable<int> stems) => stems.OrderByDescending(i => Math.Abs(Values[i])).ThenBy(i => Indices[i]);

    /// <summary>"feature 863: 14.94", with the description if there is one.</summary>
    internal string Hover(int i)
    {
        var text = VisibleText.Line(Noun) + " " + Spell(i);
        return Descriptions is null ? text : text + " — " + TextLayout.Truncate(VisibleText.Line(Descriptions[i]), 80);
    }

    private string Spell(int i) => Numbers.Integer(Indices[i]) + ": " + Numbers.Short(Values[i]);
}
