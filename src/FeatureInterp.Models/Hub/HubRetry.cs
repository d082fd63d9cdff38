using Polly;
using Polly.Retry;

namespace FeatureInterp.Models;

/// <summary>Sends what failed for a reason that passes again: after a wait that doubles, with jitter, or as long as the server asks.</summary>
internal static class HubRetry
{
    /// <summary>The pipeline that a request runs in.</summary>
    /// <param name="patience">How often and how long.</param>
    /// <param name="waiting">Told the wait before each repetition, and why.</param>
    public static ResiliencePipeline Pipeline(HubPatience patience, Action<string> waiting) =>
        new ResiliencePipelineBuilder { TimeProvider = patience.Clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<HubException>(e => e.IsTransient && !(e.RetryAfter > patience.LongestWait)),
                MaxRetryAttempts = patience.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = patience.Delay,
                DelayGenerator = attempt => ValueTask.FromResult(attempt.Outcome.Exception is HubException { RetryAfter: { } wait } ? wait : (TimeSpan?)null),
                OnRetry = attempt =>
                {
                    waiting($"asking again in {attempt.RetryDelay.TotalSeconds:0.#} s: {Why(attempt.Outcome.Exception)}");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private static string Why(Exception? e) => (e as HubException)?.Fault switch
    {
        HubFault.TooManyRequests => "the hub has had too many requests",
        HubFault.Server => "the hub is in trouble",
        HubFault.NoNetwork => "the connection failed",
        _ => "the answer could not be used",
    };
}
