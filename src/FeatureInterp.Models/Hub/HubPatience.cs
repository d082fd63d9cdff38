namespace FeatureInterp.Models;

/// <summary>How often and how long a download tries.</summary>
internal sealed record HubPatience
{
    /// <summary>How often a request that failed is sent again. The default value is 5.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The wait before the first repetition; it doubles each time, with jitter. The default value is half a second.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait that a server may ask for with Retry-After; one that asks for more is not asked again. The default value is five minutes.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the head of an answer may take. The default value is 30 seconds.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a body may bring nothing before the connection counts as cut. The default value is a minute.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The pause between two looks at a lock that someone else holds. The default value is a fifth of a second.</summary>
    public TimeSpan LockPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the connection for one file may be cut, each time after it brought something. The default value is 1,000.</summary>
    public int Cuts { get; init; } = 1000;

    /// <summary>The clock of waits and speeds.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
