using System.Security.Cryptography;
using System.Text;

namespace FeatureInterp.Tests.Hub;

/// <summary>A file on the hub under test: small ones are named by git's hash and served directly, large ones by their sha256 and from another host.</summary>
internal sealed class FakeFile(byte[] content, bool isLarge)
{
    public byte[] Content { get; } = content;

    public bool IsLarge { get; } = isLarge;

    /// <summary>What the hub claims the hash is; may be changed to a lie.</summary>
    public string ETag { get; set; } = isLarge
        ? Convert.ToHexStringLower(SHA256.HashData(content))
        : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    public static FakeFile Small(string text) => new(Encoding.UTF8.GetBytes(text), isLarge: false);

    public static FakeFile Large(int bytes, int seed)
    {
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        return new FakeFile(content, isLarge: true);
    }
}
