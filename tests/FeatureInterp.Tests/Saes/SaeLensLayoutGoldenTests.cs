using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Folders in SAELens's own layout, as its loader reads them, when the goldens are there.</summary>
public class SaeLensLayoutGoldenTests
{
    [Theory, InlineData("sae_lens"), InlineData("sae_lens_bf16_read_as_float32")]
    public void Load_EachCase_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "goldens", "saes", "layouts", name));
        var sae = SparseAutoencoder.Load(Path.Combine(golden.Folder, "files", golden.Json.GetProperty("path").GetString()!));
        Assert.StartsWith("SAELens", sae.Layout, StringComparison.Ordinal);
        var x = golden["x"].Reshape(golden["x"].Length / sae.Config.DIn, sae.Config.DIn);
        Golden.AssertClose("acts", golden["acts"], sae.EncodeDense(x));
        Golden.AssertClose("forward", golden["forward"], sae.Reconstruct(x));
        for (var f = 0; f < sae.Config.DSae; f++)
            Golden.AssertClose("W_dec", golden["state.W_dec"][f], new Tensor(sae.Direction(f), [sae.Config.DOut]));
    }
}
