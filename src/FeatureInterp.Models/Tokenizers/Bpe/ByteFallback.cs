namespace FeatureInterp.Models.Tokenizers;

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, which spell characters that have no token of their own.</summary>
internal static class ByteFallback
{
    /// <summary>
    /// Their ids by byte. One may be absent only if no text can ask for it: an ASCII character that is a token itself (Gemma 2 has
    /// no <c>&lt;0x09&gt;</c>, but a tab), or a byte that UTF-8 does not use.
    /// </summary>
    /// <param name="ids">The vocabulary.</param>
    /// <param name="bad">Makes the exception for one that is missing.</param>
    public static int[] Ids(Dictionary<string, int> ids, Func<string, TokenizerException> bad)
    {
        var bytes = new int[256];
        for (var b = 0; b < bytes.Length; b++)
        {
            var token = ByteFallbackDecoder.TokenOf((byte)b);
            if (ids.TryGetValue(token, out bytes[b]))
                continue;
            bytes[b] = BpeOptions.NoByte;
            var used = b is not (0xC0 or 0xC1 or >= 0xF5);
            if (used && (b >= 0x80 || !ids.ContainsKey(((char)b).ToString())))
                throw bad($"bytes stand for unknown characters, and {token} is not in the vocabulary");
        }

        return bytes;
    }
}
