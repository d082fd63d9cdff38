using System.Diagnostics;
using System.Globalization;

namespace FeatureInterp.Tensors;

/// <summary>
/// The threads that large kernels spread over: one per processor (the caller is one of them), started at first use, in the
/// background. Between two pieces of work they spin for a moment, then yield, then sleep, so that back-to-back kernels pay
/// well under a microsecond to wake them and an idle process costs nothing.
/// </summary>
public static class Workers
{
    /// <summary>The environment variable that sets <see cref="Count"/>: a whole number from 1 to 1024.</summary>
    public const string EnvironmentVariable = "FEATUREINTERP_THREADS";

    private static readonly Lock Gate = new();
    private static readonly Lazy<int> Configured = new(static () => Parse(Environment.GetEnvironmentVariable(EnvironmentVariable)), LazyThreadSafetyMode.PublicationOnly);
    private static volatile WorkerPool? s_pool;
    private static int s_count;

    [ThreadStatic]
    private static bool t_inside;

    /// <summary>How many threads take part, the caller among them; by default the number of processors.</summary>
    /// <exception cref="ArgumentException"><c>FEATUREINTERP_THREADS</c> is not a whole number from 1 to 1024.</exception>
    public static int Count => s_count > 0 ? s_count : Configured.Value;

    /// <summary>
    /// Calls <paramref name="body"/> once for every chunk 0 … chunks − 1, on several threads, and returns when all are done.
    /// A call from inside a chunk runs its chunks on the spot, and so does a call made while another caller has the workers.
    /// </summary>
    /// <param name="chunks">How many pieces there are; each is taken by whichever thread is free next.</param>
    /// <param name="body">The work of one piece.</param>
    /// <exception cref="Exception">The first exception a chunk threw; chunks not yet begun are then left out.</exception>
    public static void Run(int chunks, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfNegative(chunks);
        if (chunks > 1 && Count > 1 && !t_inside && Gate.TryEnter())
        {
            t_inside = true;
            try
            {
                Pool().Run(chunks, body);
            }
            finally
            {
                t_inside = false;
                Gate.Exit();
            }

            return;
        }

        for (var chunk = 0; chunk < chunks; chunk++)
            body(chunk);
    }

    /// <summary>Sets <see cref="Count"/> for tests and benchmarks; 0 restores the configured number.</summary>
    internal static void SetCount(int count)
    {
        lock (Gate)
        {
            s_pool?.Stop();
            s_pool = null;
            s_count = count;
        }
    }

    internal static int Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Environment.ProcessorCount;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 1024)
            return count;
        throw new ArgumentException($"{EnvironmentVariable} is '{text}'; set it to a whole number of threads from 1 to 1024, or leave it unset for one per processor.", nameof(text));
    }

    /// <summary>Marks a worker thread, so that kernels called from a chunk do not ask for the workers again.</summary>
    internal static void EnterWorker() => t_inside = true;

    private static WorkerPool Pool()
    {
        Debug.Assert(Gate.IsHeldByCurrentThread);
        return s_pool ??= new WorkerPool(Count - 1);
    }
}
