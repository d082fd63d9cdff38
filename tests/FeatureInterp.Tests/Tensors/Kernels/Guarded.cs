namespace FeatureInterp.Tests.Tensors;

/// <summary>A buffer at an odd offset with NaN of a known payload on both sides: what is read beyond the ends shows in the
/// result, what is written there is found by <see cref="Check"/>.</summary>
internal sealed class Guarded
{
    private const int Margin = 67;
    private static readonly float Canary = BitConverter.UInt32BitsToSingle(0x7FC0BEEF);

    private readonly float[] _memory;

    public Guarded(int length)
    {
        _memory = new float[length + 2 * Margin];
        _memory.AsSpan().Fill(Canary);
        Length = length;
    }

    public Guarded(ReadOnlySpan<float> values)
        : this(values.Length) => values.CopyTo(Span);

    public int Length { get; }

    public Span<float> Span => _memory.AsSpan(Margin, Length);

    public void Check()
    {
        for (var i = 0; i < Margin; i++)
        {
            Assert.Equal(0x7FC0BEEFu, BitConverter.SingleToUInt32Bits(_memory[i]));
            Assert.Equal(0x7FC0BEEFu, BitConverter.SingleToUInt32Bits(_memory[^(i + 1)]));
        }
    }
}
