using System.Globalization;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Takes what a formatter writes, up to a length: a formatter that never stops is an error and not the end of memory.</summary>
internal sealed class BoundedWriter(int maxLength) : StringWriter(CultureInfo.InvariantCulture)
{
    /// <inheritdoc/>
    public override void Write(char value)
    {
        Check(1);
        base.Write(value);
    }

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count)
    {
        Check(count);
        base.Write(buffer, index, count);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        Check(buffer.Length);
        base.Write(buffer);
    }

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        Check(value?.Length ?? 0);
        base.Write(value);
    }

    private void Check(int more)
    {
        if (GetStringBuilder().Length + (long)more > maxLength)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"it writes more than {maxLength} characters"));
    }
}
