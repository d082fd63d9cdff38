using System.Text.Json;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>The token ids a check runs, and how many at the start of each text do not count.</summary>
/// <param name="Texts">The ids, a list a text.</param>
/// <param name="Bos">The token that may stand in front; null when it is not known.</param>
internal sealed record CheckTokens(int[][] Texts, int? Bos)
{
    /// <summary>How many tokens of a text the quick trials look at: where a missing BOS shows.</summary>
    public const int Early = 12;

    // A large model takes seconds for all of the texts.
    private const int LargeModelTokens = 24;

    private const int MaxFileBytes = 1 << 20;

    private static readonly Lazy<string[]> Shipped = new(ReadShipped);

    /// <summary>Whether the texts begin with <see cref="Bos"/>.</summary>
    public bool BeginWithBos => Bos is { } bos && Texts[0][0] == bos;

    /// <summary>The texts of a check; null and why when there are none.</summary>
    public static CheckTokens? Of(Transformer model, SaeCheckOptions options, out string whyNot)
    {
        whyNot = "";
        var bos = model.Tokenizer?.BosId ?? model.Tokenizer?.EosId;
        var limit = Math.Min(model.Config.ContextLength, IsLarge(model) ? LargeModelTokens : int.MaxValue);
        if (options.Tokens is { } given)
            return new CheckTokens([.. given.Where(t => t.Length > 0).Select(t => t[..Math.Min(t.Length, limit)])], bos);
        if (model.Tokenizer is not { } tokenizer)
        {
            whyNot = $"{model.Name} has no tokenizer, so the texts of the check cannot be run; give token ids to try it on.";
            return null;
        }

        try
        {
            var prepend = (options.PrependBos ?? model.PrependsBos) && bos is not null;
            return new CheckTokens(Array.ConvertAll(Shipped.Value, t => tokenizer.ToTokens(t, prepend) is var ids ? ids[..Math.Min(ids.Length, limit)] : []), bos);
        }
        catch (ModelFileException e)
        {
            whyNot = $"The texts of the check cannot be read: {e.Message}";
            return null;
        }
    }

    /// <summary>Whether the model is so large that a check has to be sparing.</summary>
    public static bool IsLarge(Transformer model)
    {
        var c = model.Config;
        return (double)c.Layers * (2L * c.DModel * c.HeadDim * (c.Heads + c.KeyValueHeads) + 3L * c.DModel * c.DMlp) + (double)c.VocabSize * c.DModel > 5e8;
    }

    /// <summary>The same texts with the beginning-of-sequence token, or without it where they have it; null when it is not known.</summary>
    public CheckTokens? Flipped() => Bos is not { } bos ? null
        : this with { Texts = Array.ConvertAll(Texts, t => BeginWithBos ? t[1..] : [bos, .. t]) };

    /// <summary>The first tokens of each text.</summary>
    /// <param name="count">How many, besides those that do not count.</param>
    public CheckTokens First(int count) => this with { Texts = Array.ConvertAll(Texts, t => t[..Math.Min(t.Length, count + Skip)]) };

    /// <summary>
    /// How many tokens at the start of a text do not count: BOS, and the first token behind it, which without BOS takes the place of
    /// one that all others attend to and then is like no other.
    /// </summary>
    public int Skip => BeginWithBos ? 2 : 1;

    private static string[] ReadShipped()
    {
        var path = DataFolder.PathOf("prompts", "fit-check.json");
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
                throw new ModelFileException(path, $"the file is larger than {MaxFileBytes} bytes.");
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. file.RootElement.GetProperty("texts").EnumerateArray().Select(t => t.GetProperty("text").GetString()!)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ModelFileException(path, "the file is not a list of texts; fetch it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, "the file is not there or cannot be read.", e);
        }
    }
}
