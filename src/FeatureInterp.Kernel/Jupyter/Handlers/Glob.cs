namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Patterns of a history search: <c>*</c> is any text, <c>?</c> any one character, everything else itself.</summary>
internal static class Glob
{
    /// <summary>Whether the whole text matches. Takes at most text × pattern steps.</summary>
    public static bool Matches(string pattern, string text)
    {
        int p = 0, t = 0, star = -1, resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                // Match nothing for now; a later mismatch lets the star take one character more.
                (star, resume) = (p++, t);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                (p, t) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
