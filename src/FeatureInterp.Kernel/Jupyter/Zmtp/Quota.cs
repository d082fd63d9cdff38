namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>How many messages and bytes are under way, and whether more may come. One message alone passes however long it is.</summary>
/// <param name="messages">Messages at a time.</param>
/// <param name="bytes">Bytes at a time.</param>
internal sealed class Quota(int messages, long bytes)
{
    private readonly Lock _lock = new();
    private long _messages, _bytes;
    private TaskCompletionSource? _returned;

    /// <summary>Takes room for one message, or nothing where there is none.</summary>
    public bool TryTake(long size)
    {
        lock (_lock)
            return TakeIfRoom(size);
    }

    /// <summary>Takes room for one message as soon as there is some.</summary>
    public async ValueTask TakeAsync(long size, CancellationToken stop)
    {
        while (true)
        {
            Task returned;
            lock (_lock)
            {
                if (TakeIfRoom(size))
                    return;
                returned = Returned();
            }

            await returned.WaitAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>Gives room back.</summary>
    public void Return(long count, long size)
    {
        if (count == 0)
            return;
        TaskCompletionSource? returned;
        lock (_lock)
        {
            _messages -= count;
            _bytes -= size;
            (returned, _returned) = (_returned, null);
        }

        returned?.TrySetResult();
    }

    /// <summary>Waits until everything was given back.</summary>
    public async Task EmptyAsync(CancellationToken stop)
    {
        while (true)
        {
            Task returned;
            lock (_lock)
            {
                if (_messages == 0)
                    return;
                returned = Returned();
            }

            await returned.WaitAsync(stop).ConfigureAwait(false);
        }
    }

    private bool TakeIfRoom(long size)
    {
        if (_messages > 0 && (_messages >= messages || size > bytes - _bytes))
            return false;
        _messages++;
        _bytes += size;
        return true;
    }

    private Task Returned() => (_returned ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
