using System.Text;
using System.Text.Json.Nodes;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>
/// The Gemma kind once more, as plainly as it can be said, from the JSON itself: cut at special tokens, replace spaces, spell
/// out characters, then look through the whole text for the pair of lowest rank, leftmost first, and merge it; again until none is left.
/// </summary>
internal sealed class NaiveBpe
{
    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<(string Left, string Right), int> ranks = [];
    private readonly string[] special;

    public NaiveBpe(JsonObject json)
    {
        vocabulary = json["model"]!["vocab"]!.AsObject().ToDictionary(t => t.Key, t => (int)t.Value!, StringComparer.Ordinal);
        var merges = json["model"]!["merges"]!.AsArray();
        for (var rank = 0; rank < merges.Count; rank++)
            ranks[((string)merges[rank]![0]!, (string)merges[rank]![1]!)] = rank;
        special = [.. json["added_tokens"]!.AsArray().Select(t => (string)t!["content"]!)];
    }

    public List<int> Encode(string text)
    {
        List<int> ids = [];
        var plain = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var token = special.FirstOrDefault(s => string.CompareOrdinal(text, at, s, 0, s.Length) == 0);
            if (token is null)
            {
                plain.Append(text[at++]);
                continue;
            }

            Merge(plain.ToString(), ids);
            plain.Clear();
            ids.Add(vocabulary[token]);
            at += token.Length;
        }

        Merge(plain.ToString(), ids);
        return ids;
    }

    private void Merge(string plain, List<int> ids)
    {
        List<string> symbols = [];
        foreach (var rune in plain.Replace(' ', '▁').EnumerateRunes())
        {
            if (vocabulary.ContainsKey(rune.ToString()))
                symbols.Add(rune.ToString());
            else
                symbols.AddRange(Encoding.UTF8.GetBytes(rune.ToString()).Select(b => $"<0x{b:X2}>"));
        }

        while (true)
        {
            int best = int.MaxValue, where = -1;
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                if (ranks.TryGetValue((symbols[i], symbols[i + 1]), out var rank) && rank < best)
                    (best, where) = (rank, i);
            }

            if (where < 0)
                break;
            symbols[where] += symbols[where + 1];
            symbols.RemoveAt(where + 1);
        }

        ids.AddRange(symbols.Select(s => vocabulary[s]));
    }
}
