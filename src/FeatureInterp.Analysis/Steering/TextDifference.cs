namespace FeatureInterp.Analysis;

/// <summary>What two texts have in common.</summary>
internal static class TextDifference
{
    /// <summary>
    /// For each token of <paramref name="text"/> whether it belongs to a longest common subsequence of both; of several such the one whose tokens come first.
    /// Takes time and room by the product of the lengths.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="other">The one it is compared with.</param>
    public static bool[] Shared(IReadOnlyList<int> text, IReadOnlyList<int> other)
    {
        var longest = new int[text.Count + 1, other.Count + 1];        // of the ends from i and from j on
        for (var i = text.Count - 1; i >= 0; i--)
        {
            for (var j = other.Count - 1; j >= 0; j--)
                longest[i, j] = text[i] == other[j] ? longest[i + 1, j + 1] + 1 : Math.Max(longest[i + 1, j], longest[i, j + 1]);
        }

        var shared = new bool[text.Count];
        for (int i = 0, j = 0; i < text.Count && j < other.Count;)
        {
            if (text[i] == other[j])
                (shared[i], i, j) = (true, i + 1, j + 1);
            else if (longest[i + 1, j] >= longest[i, j + 1])
                i++;
            else
                j++;
        }

        return shared;
    }
}
