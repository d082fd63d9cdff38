using FeatureInterp.Models;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>The identity of files in provenance.</summary>
public sealed class FileFingerprintTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The hash of "abc" is the example of FIPS 180-4.
    [Fact]
    public void Of_SmallFile_IsItsSha256() =>
        Assert.Equal("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", FileFingerprint.Of(_folder.Write("f", "abc")));

    [Fact]
    public void Of_HugeFile_SamplesFirstLastAndLength()
    {
        var path = _folder.PathOf("huge");
        string Sparse(long length, long markAt)
        {
            using (var file = File.Create(path))
            {
                file.SetLength(length);
                file.Position = markAt;
                file.WriteByte(1);
            }

            return FileFingerprint.Of(path);
        }

        const long Length = FileFingerprint.WholeLimit + 1000;
        string[] hashes = [Sparse(Length, 0), Sparse(Length, Length - 1), Sparse(Length + 1, 0)];
        Assert.All(hashes, h => Assert.StartsWith("sha256-sampled:", h, StringComparison.Ordinal));
        Assert.Equal(3, hashes.Distinct().Count());
        Assert.Equal(hashes[2], Sparse(Length + 1, 0));
    }

    [Fact]
    public void WeightsHash_OfTheEmbeddedPair_IsTheManifests()
    {
        var manifest = File.ReadAllText(Repository.Data("manifest.json"));
        Assert.Contains(EmbeddedPair.Model.WeightsHash["sha256:".Length..], manifest, StringComparison.Ordinal);
        Assert.Contains(EmbeddedPair.Sae.WeightsHash["sha256:".Length..], manifest, StringComparison.Ordinal);
        Assert.NotEqual(EmbeddedPair.Model.WeightsHash, EmbeddedPair.Sae.WeightsHash);
    }
}
