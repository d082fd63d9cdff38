using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureInterp.Display;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Display;

/// <summary>Whatever the strings and numbers: well-formed XML and JSON, lines within the width, the same bytes twice.</summary>
public class DisplayPropertyTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(200).WithQuietOnSuccess(true);

    private static readonly Gen<string> s_text = Gen.ArrayOf(Gen.Frequency(
            (6, Gen.Choose('a', 'z')), (2, Gen.Constant((int)' ')), (2, Gen.Choose(0, 0xFFFF)), (1, Gen.Choose(0x1F300, 0x1FAFF)),
            (1, Gen.Choose(0, 0x1F)), (1, Gen.Choose(0x4E00, 0x9FFF)), (1, Gen.Elements<int>('<', '&', '"', '\'', '>', ']', 0xD800, 0x202E, 0x301))))
        .Select(codes => string.Concat(codes.Select(c => c is >= 0xD800 and <= 0xDFFF or <= 0xFFFF ? ((char)c).ToString() : char.ConvertFromUtf32(c))));

    private static readonly Gen<double> s_number = Gen.Frequency(
        (6, Gen.Choose(-1000, 1000).Select(i => i / 16.0)),
        (2, Gen.Constant(0.0)),
        (1, Gen.Elements(double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue, double.Epsilon, -1e-300, 1e299, -1e299, 1e15, 1e-7)),
        (1, ArbMap.Default.GeneratorFor<double>()));

    private static readonly Gen<IDisplay> s_display =
        from title in s_text
        from names in Gen.ArrayOf(s_text, 3)
        from count in Gen.Frequency((4, Gen.Choose(0, 12)), (1, Gen.Choose(40, 300)))
        from labels in Gen.ArrayOf(s_text, count)
        from values in Gen.ArrayOf(s_number, count)
        from more in Gen.ArrayOf(s_number, count)
        from kind in Gen.Choose(0, 9)
        select Build(kind, title, names, labels, values, more);

    private static IDisplay Build(int kind, string title, string[] names, string[] labels, double[] values, double[] more)
    {
        var floats = values.Select(v => (float)v).ToArray();
        return kind switch
        {
            0 => FeatureChart.Lines(title, [(names[0], floats), (names[1], [.. more.Select(v => (float)v)])], names[2]),
            1 => FeatureChart.Lines(title, [(names[0], floats), (names[1], floats)], names[2], Arrangement.Overlaid),
            2 => FeatureChart.TopDifferences(title, [.. labels.Zip(values)], names[0]),
            3 => new Figure(title, [new LineTrace(names[0], more, values, labels), new LineTrace(names[1], values, more)], new Axis(names[2]), new Axis(names[2])),
            4 => new TokenStrip(labels, floats, labels.Length is 0 ? null : labels.Length / 2, title, 20),
            5 => new Table([names[0], names[1], names[2]], [.. labels.Zip(values, (l, v) => (IReadOnlyList<Cell>)[l, v, (int)Math.Clamp(v, -9, 9)])], title),
            6 => new Figure(title, [new ScatterTrace(names[0], more, values, labels), new ScatterTrace(names[1], values, more)], new Axis(names[2]), new Axis(names[2])),
            7 => new Figure(title, [new ScatterTrace(names[0], more, values), new ScatterTrace(names[1], values, more, labels)], arrangement: Arrangement.Stacked),
            8 => new CellGrid(Grid(values, 5), title, values.Length % 3 == 0 ? null : Grid(more, 4)),
            _ => new DisplayStack(title, new Heading(names[0]), new Paragraph(names[1]), new Figure(title, [new BarTrace(names[0], labels, values), new BarTrace(names[1], labels, more)])),
        };
    }

    // Rows of different lengths, the largest and smallest numbers among them.
    private static int[][] Grid(double[] values, int width) => [.. values.Chunk(width).Select((row, r) => row.Skip(r % 2).Select(v => (int)v).ToArray())];

    [Fact]
    public void AnyDisplay_Svg_IsWellFormed() =>
        Check.One(s_config, Prop.ForAll(s_display.ToArbitrary(), display =>
        {
            var svg = display.ToSvg();
            _ = SvgReading.Parse(svg);
            Assert.Equal(svg, display.ToSvg());
        }));

    [Fact]
    public void AnyDisplay_Text_FitsTheWidth() =>
        Check.One(s_config, Prop.ForAll(s_display.ToArbitrary(), Gen.Choose(20, 140).ToArbitrary(), (display, width) =>
        {
            foreach (var line in display.ToText(width).Split('\n'))
            {
                Assert.DoesNotContain(line, char.IsControl);
                Assert.True(LeastWidth(line) <= width, $"{width}: {line}");
            }
        }));

    [Fact]
    public void AnyFigure_Plotly_IsJsonWithParallelLists() =>
        Check.One(s_config, Prop.ForAll(s_display.Where(d => d is Figure).ToArbitrary(), display =>
        {
            using var json = JsonDocument.Parse(((Figure)display).ToPlotlyJson());
            foreach (var trace in json.RootElement.GetProperty("data").EnumerateArray())
                Assert.Equal(trace.GetProperty("x").GetArrayLength(), trace.GetProperty("y").GetArrayLength());
        }));

    // What every terminal agrees on: ideographs and faces take two columns, combining marks none.
    private static int LeastWidth(string line) => line.EnumerateRunes().Sum(r =>
        Rune.GetUnicodeCategory(r) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format ? 0
        : r.Value is >= 0x4E00 and <= 0x9FFF or >= 0x1F300 and <= 0x1F5FF or >= 0x1F900 and <= 0x1F9FF ? 2 : 1);
}
