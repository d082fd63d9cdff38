namespace FeatureInterp.Display;

/// <summary>
/// A colour with its value on the light and on the dark panel. The light one is written as a presentation attribute, so
/// it stands where a viewer drops the style sheet; the dark one is reached through the class.
/// </summary>
internal sealed record Tone(string Class, string Light, string Dark);

/// <summary>
/// The colours of all displays: Okabe and Ito's set for the data ("Color Universal Design", 2008), which colour-blind
/// readers can tell apart, lightened for the dark panel.
/// </summary>
internal static class Palette
{
    public static readonly Tone Panel = new("fi-panel", "#ffffff", "#15191f");
    public static readonly Tone Ink = new("fi-ink", "#1f2328", "#e6e9ee");
    public static readonly Tone Muted = new("fi-muted", "#59636e", "#9ca6b2");
    public static readonly Tone Grid = new("fi-grid", "#dfe3e8", "#333b46");
    public static readonly Tone Frame = new("fi-frame", "#c3cad2", "#454f5c");

    /// <summary>Fill behind a token, value above zero. Dark enough on the dark panel for light letters on top.</summary>
    public static readonly Tone Warm = new("fi-warm", "#f0a500", "#a85a00");

    /// <summary>Fill behind a token, value below zero.</summary>
    public static readonly Tone Cool = new("fi-cool", "#56b4e9", "#1b6aa5");

    private static readonly Tone[] Series =
    [
        new("fi-s0", "#0072b2", "#4ea6e0"),
        new("fi-s1", "#d55e00", "#f08a45"),
        new("fi-s2", "#007a5a", "#2fc49b"),
        new("fi-s3", "#b3508a", "#e39bc8"),
        new("fi-s4", "#8a6d00", "#e8bf3f"),
        new("fi-s5", "#4b5fc4", "#9aa8f5"),
    ];

    /// <summary>Colours of the bars on either side of zero.</summary>
    public static Tone Above => Series[1];

    /// <inheritdoc cref="Above"/>
    public static Tone Below => Series[0];

    /// <summary>The dark values. Every SVG carries the same sheet, so that several in one page cannot disagree.</summary>
    public static string Sheet { get; } = "@media (prefers-color-scheme:dark){" +
        string.Concat(((Tone[])[Panel, Ink, Muted, Grid, Frame, Warm, Cool, .. Series]).Select(t => $".{t.Class}{{color:{t.Dark}}}")) + "}";

    public static Tone OfSeries(int index) => Series[index % Series.Length];
}
