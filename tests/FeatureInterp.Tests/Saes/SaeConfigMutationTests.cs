using System.Text;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>A sound <c>cfg.json</c> of every kind, spoilt at random: the SAE loads and encodes, or one of our exceptions says why not.</summary>
public sealed class SaeConfigMutationTests : IDisposable
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(250).WithReplay(17, 19);

    private readonly TinySae[] _saes =
    [
        .. new[] { "standard", "jumprelu", "gated", "topk", "temporal", "matching_pursuit", "skip_transcoder" }
            .Select(a => new TinySae(new TinySaeShape { Architecture = a, DIn = 6, DOut = 5, DSae = 12, K = 3, ApplyBDec = a != "skip_transcoder", Normalize = "constant_scalar_rescale" })),
    ];

    public void Dispose() => Array.ForEach(_saes, s => s.Dispose());

    [Fact]
    public void Load_OneByteChanged_LoadsOrSaysWhyNot() => ForEachSae((tiny, sound) =>
        Prop.ForAll(Gen.Choose(0, sound.Length - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (at, value) =>
        {
            var bytes = (byte[])sound.Clone();
            bytes[at] = (byte)value;
            Try(tiny, bytes);
        }).Check(Many));

    [Fact]
    public void Load_ValueReplaced_LoadsOrSaysWhyNot() => ForEachSae((tiny, sound) =>
    {
        var text = Encoding.UTF8.GetString(sound);
        int[] starts = [.. Enumerable.Range(0, text.Length - 2).Where(i => text[i] == ':' && text[i + 1] == ' ').Select(i => i + 2)];
        var values = Gen.Elements("0", "1", "-1", "13", "1e9", "2147483648", "0.5", "1e400", "\"2\"", "\"hook_z\"", "\"topk\"", "true", "null", "[]", "{}");
        Prop.ForAll(Gen.Elements(starts).ToArbitrary(), values.ToArbitrary(), (at, value) =>
        {
            var end = text.IndexOfAny([',', '}', '\n'], at);
            Try(tiny, Encoding.UTF8.GetBytes(text[..at] + value + text[end..]));
        }).Check(Many);
    });

    private void ForEachSae(Action<TinySae, byte[]> check)
    {
        foreach (var tiny in _saes)
            check(tiny, File.ReadAllBytes(Path.Combine(tiny.Folder, "cfg.json")));
    }

    private static void Try(TinySae tiny, byte[] config)
    {
        File.WriteAllBytes(Path.Combine(tiny.Folder, "cfg.json"), config);
        try
        {
            var sae = tiny.Load();
            Assert.Equal(2, sae.Encode(tiny.Inputs(2, 1)).Tokens);
            Assert.Equal(2, sae.Reconstruct(tiny.Inputs(2, 1)).Shape[0]);
        }
        catch (Exception e) when (e is SaeException or ModelFileException or WeightFileException)
        {
            Assert.Contains(tiny.Folder, e.Message, StringComparison.Ordinal);
        }
    }
}
