namespace FeatureInterp.Tensors;

/// <summary>The element types of GGUF by their numbers in the file: those that can be read, and the names of the others.</summary>
internal static class GgufElements
{
    public static DType? Find(uint type) => type switch
    {
        0 => DType.F32,
        1 => DType.F16,
        2 => DType.Q4_0,
        3 => DType.Q4_1,
        6 => DType.Q5_0,
        7 => DType.Q5_1,
        8 => DType.Q8_0,
        10 => DType.Q2_K,
        11 => DType.Q3_K,
        12 => DType.Q4_K,
        13 => DType.Q5_K,
        14 => DType.Q6_K,
        24 => DType.I8,
        25 => DType.I16,
        26 => DType.I32,
        27 => DType.I64,
        28 => DType.F64,
        30 => DType.BF16,
        _ => null,
    };

    /// <summary>The name of a type that cannot be read, as llama.cpp gives it.</summary>
    public static string NameOf(uint type) => type switch
    {
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        29 => "IQ1_M",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        _ => $"number {type}",
    };
}
