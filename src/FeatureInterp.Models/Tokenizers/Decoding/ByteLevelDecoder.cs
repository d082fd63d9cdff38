using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Type <c>ByteLevel</c>: tokens spelled in <see cref="ByteAlphabet"/> become the bytes they stand for, any other token (a special one)
/// its own UTF-8, and all of it together text. What is not UTF-8 becomes U+FFFD, one for each longest beginning of a character.
/// </summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : WholeTokenStage(next)
    {
        // Holds back the beginning of a character until the rest of it comes.
        private readonly Decoder utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetDecoder();
        private byte[] bytes = new byte[64];
        private char[] characters = new char[64];

        public override void Complete()
        {
            Give([], flush: true);
            Next.EndToken();
            base.Complete();
        }

        protected override void Accept(string token)
        {
            if (bytes.Length < token.Length * 3)
                bytes = new byte[token.Length * 3];
            Give(bytes.AsSpan(0, BytesOf(token)), flush: false);
        }

        private int BytesOf(string token)
        {
            for (var i = 0; i < token.Length; i++)
            {
                if (ByteAlphabet.ByteOf(token[i]) is var value and >= 0)
                    bytes[i] = (byte)value;
                else
                    return Encoding.UTF8.GetBytes(token, bytes);
            }

            return token.Length;
        }

        private void Give(ReadOnlySpan<byte> more, bool flush)
        {
            if (characters.Length < more.Length + 4)
                characters = new char[(more.Length * 2) + 4];
            Next.Append(characters.AsSpan(0, utf8.GetChars(more, characters, flush)));
        }
    }
}

/// <summary>Type <c>Metaspace</c>: the replacement becomes a space again; in the first token it vanishes if the scheme put one there.</summary>
internal sealed class MetaspaceDecoder(char replacement, PrependScheme scheme) : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(replacement, scheme != PrependScheme.Never, next);

    private sealed class Stage(char replacement, bool dropFirst, DecoderStage next) : WholeTokenStage(next)
    {
        private bool any;

        protected override void Accept(string token)
        {
            Pass(any || !dropFirst ? token.Replace(replacement, ' ') : token.Replace(replacement.ToString(), "", StringComparison.Ordinal));
            any = true;
        }
    }
}
