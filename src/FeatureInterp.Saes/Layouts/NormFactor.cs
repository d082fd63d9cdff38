using System.Globalization;

namespace FeatureInterp.Saes;

/// <summary>The factor s that an SAE's training multiplied activations with; <see cref="SaeFolds.ScalingFactor"/> folds it into the weights.</summary>
internal static class NormFactor
{
    /// <summary>How a configuration says that a factor has to be folded.</summary>
    public const string Unfolded = "expected_average_only_in";

    /// <summary>Where <see cref="SaeOrigin.OtherFields"/> keeps the factor that the files themselves give.</summary>
    public const string Field = "norm_scaling_factor of the files";

    /// <summary>The factor as <see cref="SaeOrigin.OtherFields"/> keeps it.</summary>
    public static Dictionary<string, string> FieldOf(double? factor)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (factor is { } f)
            fields[Field] = f.ToString("R", CultureInfo.InvariantCulture);
        return fields;
    }

    /// <summary>The options with the factor of the files where they ask for it.</summary>
    /// <exception cref="SaeException">The factor is no positive number, or the files give none where theirs was asked for.</exception>
    public static SaeLoadOptions Resolve(SaeFiles files, SaeLoadOptions options)
    {
        if (files.Config.Origin.UnfoldedNormalization != Unfolded)
            return options;
        if (options.NormScalingFactor is null && options.FoldsFactorOfFiles)
        {
            options = options with
            {
                NormScalingFactor = files.Config.Origin.OtherFields.TryGetValue(Field, out var text)
                    ? double.Parse(text, CultureInfo.InvariantCulture)
                    : throw new SaeException("The SAE's files give no factor to scale activations with; name it (SaeLoadOptions.NormScalingFactor, --norm-scaling-factor)."),
            };
        }

        return options.NormScalingFactor is not { } factor || (float.IsFinite((float)factor) && float.IsFinite(1 / (float)factor) && factor > 0)
            ? options
            : throw new SaeException(string.Create(CultureInfo.InvariantCulture, $"The factor {factor} cannot scale activations; give a positive number."));
    }
}
