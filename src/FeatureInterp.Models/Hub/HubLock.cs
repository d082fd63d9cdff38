namespace FeatureInterp.Models;

/// <summary>
/// A lock between processes: an open file nobody else may open. It is released when the process ends, however it ends, and on Unix it is the same
/// advisory lock that Python's tools take on the same file.
/// </summary>
internal sealed class HubLock : IDisposable
{
    // "Would block" on Linux and on the BSDs, and Windows' sharing violation; anything else is a fault of the disk.
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;

    private HubLock(FileStream file) => _file = file;

    /// <summary>Waits until the lock is free and takes it.</summary>
    /// <param name="path">The lock's file, made when it is not there. It stays: deleting it would let two hold it.</param>
    /// <param name="patience">The pause between two tries.</param>
    /// <param name="waiting">Called once when someone else holds it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<HubLock> TakeAsync(string path, HubPatience patience, Action waiting, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (var first = true; ; first = false)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new HubLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException e) when (Held.Contains(e.HResult))
            {
                if (first)
                    waiting();
            }

            await Task.Delay(patience.LockPause, patience.Clock, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
