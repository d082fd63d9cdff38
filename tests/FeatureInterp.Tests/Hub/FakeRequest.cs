using Microsoft.AspNetCore.Http;

namespace FeatureInterp.Tests.Hub;

/// <summary>One request as it arrived, and how many bytes of a file went out for it.</summary>
internal sealed class FakeRequest(HttpContext context, bool isCdn)
{
    private long _served;

    public HttpContext Context { get; } = context;

    public bool IsCdn { get; } = isCdn;

    public string Method { get; } = context.Request.Method;

    public string Path { get; } = context.Request.Path.Value!;

    public string Authorization { get; } = context.Request.Headers.Authorization.ToString();

    public string Range { get; } = context.Request.Headers.Range.ToString();

    public string IfRange { get; } = context.Request.Headers.IfRange.ToString();

    public long Served => Interlocked.Read(ref _served);

    public void Count(int bytes) => Interlocked.Add(ref _served, bytes);
}
