namespace FeatureInterp.Tests.Kernel.Scripting;

/// <summary>What cells of tests call: a library that does not listen, and objects whose end can be seen.</summary>
public static class Unheeding
{
    private static volatile bool _computing;

    public static WeakReference? Watched { get; set; }

    /// <summary>Computes until <see cref="Release"/>.</summary>
    public static int Compute()
    {
        var rounds = 0;
        for (_computing = true; _computing;)
            rounds++;
        return rounds;
    }

    public static void Release() => _computing = false;

    /// <summary>An object that <see cref="Watched"/> looks at and nothing else in here holds.</summary>
    public static byte[] Watch()
    {
        var made = new byte[1 << 20];
        Watched = new WeakReference(made);
        return made;
    }
}
