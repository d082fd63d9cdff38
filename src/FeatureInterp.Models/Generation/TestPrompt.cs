using System.Globalization;
using System.Text;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Where one token of the expected answer stands among the model's predictions.</summary>
/// <param name="Text">The answer token's text.</param>
/// <param name="Rank">0 when the model finds it the most probable.</param>
/// <param name="Logit">Its logit.</param>
/// <param name="Probability">Its probability, 0 to 1.</param>
/// <param name="Top">The most probable tokens at this place.</param>
public sealed record AnswerToken(string Text, int Rank, float Logit, double Probability, TokenRanking Top);

/// <summary>
/// How well a model knows the answer to a prompt: for each token of the answer its rank, logit and probability given the prompt and
/// the answer's tokens before it. Prints the text of TransformerLens's <c>test_prompt</c>.
/// </summary>
public sealed class TestPrompt
{
    private readonly IReadOnlyList<string> _prompt;
    private readonly IReadOnlyList<string> _answer;

    private TestPrompt(IReadOnlyList<string> prompt, IReadOnlyList<string> answer, IReadOnlyList<AnswerToken> tokens)
    {
        _prompt = prompt;
        _answer = answer;
        Tokens = tokens;
    }

    /// <summary>The answer's tokens.</summary>
    public IReadOnlyList<AnswerToken> Tokens { get; }

    /// <summary>Runs the model on the prompt followed by the answer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">The prompt; the beginning-of-sequence token is put in front.</param>
    /// <param name="answer">The expected continuation.</param>
    /// <param name="prependSpaceToAnswer">Puts a space before an answer that does not start with one.</param>
    /// <param name="top">How many of the most probable tokens to list at each place.</param>
    /// <param name="splice">SAEs to put in the place of hooks.</param>
    /// <param name="edit">Changes made on the way.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="PromptException">The answer is empty, or prompt and answer are too long together.</exception>
    public static TestPrompt Run(
        Transformer model,
        string prompt,
        string answer,
        bool prependSpaceToAnswer = true,
        int top = 10,
        IReadOnlyList<ISplice>? splice = null,
        IReadOnlyList<Edit>? edit = null,
        CancellationToken cancellation = default)
    {
        var tokenizer = model.RequireTokenizer();
        if (prependSpaceToAnswer && !answer.StartsWith(' '))
            answer = " " + answer;
        int[] asked = tokenizer.ToTokens(prompt), expected = tokenizer.ToTokens(answer, prependBos: false);
        if (expected.Length == 0)
            throw new PromptException("The answer is empty; give the text the model should continue with.");

        var run = model.Run((int[])[.. asked, .. expected], edit: edit, splice: splice, cancellation: cancellation);
        var tokens = new AnswerToken[expected.Length];
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = Rank(run.Logits[0].Row(asked.Length + i - 1), expected[i], top, tokenizer);
        return new TestPrompt([.. asked.Select(tokenizer.DecodeToken)], [.. expected.Select(tokenizer.DecodeToken)], tokens);
    }

    /// <summary>The text that TransformerLens 3.9 prints, without line wrapping.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append("Tokenized prompt: ").Append(PythonText.List(_prompt)).Append('\n');
        text.Append("Tokenized answer: ").Append(PythonText.List(_answer)).Append('\n');
        foreach (var token in Tokens)
        {
            text.Append("Performance on answer token:\n");
            text.Append(CultureInfo.InvariantCulture, $"Rank: {token.Rank,-8} {Numbers(token.Logit, token.Probability)} Token: |{token.Text}|\n");
            foreach (var t in token.Top)
                text.Append(CultureInfo.InvariantCulture, $"Top {t.Rank}th token. {Numbers(t.Logit, t.Probability)} Token: |{t.Text}|\n");
        }

        text.Append("Ranks of the answer tokens: [");
        text.AppendJoin(", ", Tokens.Select(t => string.Create(CultureInfo.InvariantCulture, $"({PythonText.Quote(t.Text)}, {t.Rank})")));
        return text.Append("]\n").ToString();
    }

    // Python rounds a tie to the even digit, .NET away from zero; a float times 100 is exact in double, so ties are seen.
    private static string Numbers(float logit, double probability) =>
        string.Create(CultureInfo.InvariantCulture, $"Logit: {Math.Round(logit * 100.0, MidpointRounding.ToEven) / 100,5:F2} Prob: {probability * 100,5:F2}%");

    private static AnswerToken Rank(ReadOnlySpan<float> logits, int token, int top, Tokenizer tokenizer)
    {
        var rank = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] > logits[token] || (logits[i] == logits[token] && i < token))
                rank++;
        }

        var probability = Math.Exp(logits[token] - (double)Kernels.LogSumExp(logits));
        return new AnswerToken(tokenizer.DecodeToken(token), rank, logits[token], probability, TokenRanking.Of(logits, top, tokenizer));
    }
}
