namespace FeatureInterp.Tests.Tensors.Fuzz;

/// <summary>A file format to spoil: sound files of it, and what opens one and reads everything in it.</summary>
/// <param name="Name">The format, for messages.</param>
/// <param name="Extension">What file names end in, with the dot.</param>
/// <param name="Sound">Small files that are right, with as much of the format in them as possible.</param>
/// <param name="OpenAndReadEverything">Opens the file of this path and reads all of it; throws where it is not sound.</param>
internal sealed record FuzzFormat(string Name, string Extension, IReadOnlyList<byte[]> Sound, Action<string> OpenAndReadEverything)
{
    /// <summary>Every format there is.</summary>
    public static IReadOnlyList<FuzzFormat> All { get; } = [GgufFuzz.Format];
}
