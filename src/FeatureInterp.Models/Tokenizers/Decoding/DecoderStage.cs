namespace FeatureInterp.Models.Tokenizers;

/// <summary>A step from tokens back to text, as <c>tokenizer.json</c> describes it. Immutable; the work is done by a stage.</summary>
internal interface IDecoder
{
    /// <summary>A fresh stage that hands what it makes to <paramref name="next"/>.</summary>
    DecoderStage Open(DecoderStage next);
}

/// <summary>
/// One stage of a running decoder. A token arrives as any number of <see cref="Append"/> and one <see cref="EndToken"/>;
/// <see cref="Complete"/> says that no more come. A stage passes on whatever no later token can change, as soon as it can.
/// </summary>
internal abstract class DecoderStage
{
    public abstract void Append(ReadOnlySpan<char> fragment);

    public abstract void EndToken();

    public abstract void Complete();
}

/// <summary>A stage that passes tokens on to another, by default unchanged.</summary>
internal abstract class PassingStage(DecoderStage next) : DecoderStage
{
    protected DecoderStage Next { get; } = next;

    public override void Append(ReadOnlySpan<char> fragment) => Next.Append(fragment);

    public override void EndToken() => Next.EndToken();

    public override void Complete() => Next.Complete();

    protected void Pass(ReadOnlySpan<char> token)
    {
        Next.Append(token);
        Next.EndToken();
    }
}

/// <summary>A stage that must see a whole token before it can say anything about it.</summary>
internal abstract class WholeTokenStage(DecoderStage next) : PassingStage(next)
{
    private readonly System.Text.StringBuilder token = new();

    public sealed override void Append(ReadOnlySpan<char> fragment) => token.Append(fragment);

    public sealed override void EndToken()
    {
        var whole = token.ToString();
        token.Clear();
        Accept(whole);
    }

    protected abstract void Accept(string token);
}

/// <summary>Type <c>Sequence</c>: one decoder after the other.</summary>
internal sealed class DecoderSequence(IReadOnlyList<IDecoder> steps) : IDecoder
{
    public DecoderStage Open(DecoderStage next)
    {
        for (var i = steps.Count - 1; i >= 0; i--)
            next = steps[i].Open(next);
        return next;
    }
}
