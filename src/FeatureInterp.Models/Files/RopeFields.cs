namespace FeatureInterp.Models;

/// <summary>
/// The rotary positions a <c>config.json</c> asks for: <c>rope_theta</c> and <c>rope_scaling</c> in files made before 2025,
/// <c>rope_parameters</c> in newer ones.
/// </summary>
internal static class RopeFields
{
    /// <summary>The table for heads of which <paramref name="width"/> values turn.</summary>
    /// <exception cref="ModelFileException">A kind of scaling that is not known, or an absurd number.</exception>
    public static RopeTable Rope(this ConfigFile file, int width, double defaultBase = 10_000)
    {
        if (width % 2 != 0)
            throw file.Fault(file.Has("head_dim") ? $"'head_dim' is {width}, but rotary positions turn pairs and need an even width." : $"{width} values of each head are to turn, but rotary positions turn pairs and need an even number.");
        var rotaryBase = file.Number("rope_theta", 1, 1e12, file.Number("rope_parameters.rope_theta", 1, 1e12, defaultBase));
        var scaling = file.Has("rope_parameters") ? "rope_parameters" : "rope_scaling";
        var kind = file.Text(scaling + ".rope_type") ?? file.Text(scaling + ".type") ?? "default";
        return kind switch
        {
            "default" => RopeTable.Plain(width, rotaryBase),
            "linear" => RopeTable.Plain(width, rotaryBase, file.Number(scaling + ".factor", 1e-3, 1e6)),
            "factors" => Factors(file, scaling, width, rotaryBase),
            "llama3" => Llama3(file, scaling, width, rotaryBase),
            _ => throw file.Fault($"'{scaling}' asks for rotary positions of the kind '{kind}'; the kinds that can be computed are default, linear and llama3."),
        };
    }

    // Llama 3.1's stretching as GGUF has it: already worked out, one factor a pair.
    private static RopeTable Factors(ConfigFile file, string scaling, int width, double rotaryBase)
    {
        var factors = file.Numbers(scaling + ".factors", 1e-3, 1e6);
        return factors.Count == width / 2
            ? RopeTable.Stretched(width, rotaryBase, factors)
            : throw file.Fault($"there are {factors.Count} factors of rotary periods, but a head has {width / 2} pairs.");
    }

    private static RopeTable Llama3(ConfigFile file, string scaling, int width, double rotaryBase)
    {
        double low = file.Number(scaling + ".low_freq_factor", 1e-3, 1e6), high = file.Number(scaling + ".high_freq_factor", 1e-3, 1e6);
        if (high <= low)
            throw file.Fault($"'{scaling}' has a high_freq_factor of {high}, which must be larger than its low_freq_factor of {low}.");
        return RopeTable.Llama3(width, rotaryBase, file.Number(scaling + ".factor", 1e-3, 1e6), low, high, file.Int(scaling + ".original_max_position_embeddings", 1, 1 << 24));
    }
}
