using System.Globalization;
using System.Text;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>What counts as 10 when activations are written as whole numbers.</summary>
public enum ExemplarScale
{
    /// <summary>The largest activation of all the records: a weak example looks weak. The default.</summary>
    OfSet,

    /// <summary>Each record's own largest: every example reaches 10, as the notebook behind output-centric descriptions has it.</summary>
    OfRecord,
}

/// <summary>The strongest examples of a feature, as a describer reads them (MaxAct).</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record ExemplarSet : IHasDisplay
{
    /// <summary>The records, strongest first.</summary>
    public required IReadOnlyList<ActivationRecord> Records { get; init; }

    /// <summary>What counts as 10.</summary>
    public ExemplarScale Scale { get; init; } = ExemplarScale.OfSet;

    /// <summary>The distinct records with the largest maxima, largest first; of equal ones the earlier first.</summary>
    /// <param name="records">Records of one feature, in any order.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="scale">What counts as 10.</param>
    /// <exception cref="AnalysisException">There is no record, or count is below 1.</exception>
    public static ExemplarSet Strongest(IEnumerable<ActivationRecord> records, int count = 5, ExemplarScale scale = ExemplarScale.OfSet)
    {
        if (count < 1)
            throw new AnalysisException($"{count} examples are asked for; give 1 or more.");
        ActivationRecord[] chosen = [.. records.Distinct().OrderByDescending(r => r.Max).Take(count)];
        return chosen.Length > 0
            ? new ExemplarSet { Records = chosen, Scale = scale }
            : throw new AnalysisException("The feature has no example: it never fired, or its records were left out of the export.");
    }

    /// <summary>The examples that a pass over a corpus kept.</summary>
    /// <param name="feature">One feature of a <see cref="TopActivationsResult"/>.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="scale">What counts as 10.</param>
    /// <exception cref="AnalysisException">The feature never fired, or count is below 1.</exception>
    public static ExemplarSet Of(FeatureActivations feature, int count = 5, ExemplarScale scale = ExemplarScale.OfSet) =>
        Strongest(feature.Examples.Select(e => new ActivationRecord(e.TokenTexts, e.Values, e.Value, e.Position - e.Start)), count, scale);

    /// <summary>Each record's activations on the scale 0 to 10.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Normalized()
    {
        var largest = Records.Max(r => r.Max);
        return [.. Records.Select(r => r.Normalized(Scale == ExemplarScale.OfSet ? largest : r.Max))];
    }

    /// <summary>The share of tokens whose activation is not 0 on that scale.</summary>
    public double NonZeroShare()
    {
        var all = Normalized().SelectMany(n => n).ToList();
        return all.Count > 0 ? (double)all.Count(n => n != 0) / all.Count : 0;
    }

    /// <summary>The records as describers are given them: between <c>&lt;start&gt;</c> and <c>&lt;end&gt;</c> a line a token, its text, a tab, its activation from 0 to 10.</summary>
    /// <param name="omitZeros">Whether tokens with activation 0 are left out.</param>
    public string ToPrompt(bool omitZeros = false)
    {
        var text = new StringBuilder("\n<start>\n");
        var normalized = Normalized();
        for (var r = 0; r < Records.Count; r++)
        {
            if (r > 0)
                text.Append("\n<end>\n<start>\n");
            text.AppendJoin('\n', Records[r].Tokens.Zip(normalized[r]).Where(t => !omitZeros || t.Second > 0).Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.First}\t{t.Second}")));
        }

        return text.Append("\n<end>\n").ToString();
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new TokenContexts(
        [.. Records.Select(r => new TokenContext(r.Max.ToString("0.00", CultureInfo.InvariantCulture), r.Tokens, r.MaxPosition, r.Values))], "The strongest examples", Math.Max(1, Records.Count));

    /// <summary>The examples as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
