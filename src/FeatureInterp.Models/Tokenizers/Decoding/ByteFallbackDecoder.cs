using System.Globalization;
using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Type <c>ByteFallback</c>: a run of tokens <c>&lt;0xHH&gt;</c> becomes the text whose UTF-8 it is. A run that is not valid
/// as a whole becomes one U+FFFD for each of its bytes, the valid ones too: so nothing of it is known before it ends.
/// </summary>
internal sealed class ByteFallbackDecoder : IDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public DecoderStage Open(DecoderStage next) => new Stage(next);

    /// <summary>The token that stands for the byte: <c>&lt;0x0A&gt;</c>.</summary>
    public static string TokenOf(byte value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    private static bool IsByte(string token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private sealed class Stage(DecoderStage next) : WholeTokenStage(next)
    {
        private readonly List<byte> run = [];

        public override void Complete()
        {
            EndRun();
            base.Complete();
        }

        protected override void Accept(string token)
        {
            if (IsByte(token, out var value))
            {
                run.Add(value);
                return;
            }

            EndRun();
            Pass(token);
        }

        private void EndRun()
        {
            if (run.Count == 0)
                return;
            try
            {
                Pass(Strict.GetString(run.ToArray()));
            }
            catch (DecoderFallbackException)
            {
                for (var i = 0; i < run.Count; i++)
                    Pass("\uFFFD");
            }

            run.Clear();
        }
    }
}
