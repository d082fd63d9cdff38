using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Benchmarks;

/// <summary>The system's OpenBLAS, when it has one (Debian: libopenblas0-pthread), as a yardstick.</summary>
internal static unsafe class OpenBlas
{
    private const int RowMajor = 101, NoTranspose = 111, Transpose = 112;

    private static readonly nint Library = Load();

    public static bool IsPresent => Library != 0;

    public static string Describe() =>
        IsPresent ? Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)NativeLibrary.GetExport(Library, "openblas_get_config"))()) + ", kernels for " + Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)NativeLibrary.GetExport(Library, "openblas_get_corename"))()) : "not found";

    public static void SetThreads(int count)
    {
        if (IsPresent)
            ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(Library, "openblas_set_num_threads"))(count);
    }

    // An OpenBLAS older than the processor falls back to SSE kernels; told that it is a Skylake server it uses AVX-512. Its
    // environment is that of C, which .NET's SetEnvironmentVariable does not reach.
    private static nint Load()
    {
        if (Vector512.IsHardwareAccelerated && OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE") is null)
            _ = SetEnvironment("OPENBLAS_CORETYPE", "SkylakeX", 0);
        return NativeLibrary.TryLoad("libopenblas.so.0", out var handle) ? handle : 0;
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi)]
    private static extern int SetEnvironment(string name, string value, int overwrite);

    /// <summary>y[m,n] = x[m,k] · wᵀ[n,k].</summary>
    public static void Linear(float* x, float* w, float* y, int m, int n, int k)
    {
        var sgemm = (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)NativeLibrary.GetExport(Library, "cblas_sgemm");
        sgemm(RowMajor, NoTranspose, Transpose, m, n, k, 1, x, k, w, k, 0, y, n);
    }

    /// <summary>y[n] = w[n,k] · x[k].</summary>
    public static void Row(float* x, float* w, float* y, int n, int k)
    {
        var sgemv = (delegate* unmanaged<int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)NativeLibrary.GetExport(Library, "cblas_sgemv");
        sgemv(RowMajor, NoTranspose, n, k, 1, w, k, x, 1, 0, y, 1);
    }
}
