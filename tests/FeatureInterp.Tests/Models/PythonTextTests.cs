using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Texts as Python's repr prints them; the expected ones follow the language reference, section on string literals.</summary>
public class PythonTextTests
{
    [Theory]
    [InlineData("", "''")]
    [InlineData(" the", "' the'")]
    [InlineData("it's", "\"it's\"")]
    [InlineData("say \"hi\"", "'say \"hi\"'")]
    [InlineData("it's \"hi\"", "'it\\'s \"hi\"'")]
    [InlineData("a\\b", "'a\\\\b'")]
    [InlineData("\n\r\t", "'\\n\\r\\t'")]
    [InlineData("\u0000\u001f\u007f\u0085", "'\\x00\\x1f\\x7f\\x85'")]
    [InlineData("\u00a0\u00ad\u00e9", "'\\xa0\\xadé'")]
    [InlineData("\u2028\u200b\ufffd", "'\\u2028\\u200b\ufffd'")]
    [InlineData("\U0001F600", "'\U0001F600'")]
    [InlineData("\U000E0001", "'\\U000e0001'")]
    public void Quote_EscapesAsPythonDoes(string text, string quoted) => Assert.Equal(quoted, PythonText.Quote(text));

    [Fact]
    public void Quote_HalfASurrogatePair_IsEscaped() => Assert.Equal("'\\ud800x'", PythonText.Quote("\ud800x"));

    [Fact]
    public void List_PutsCommasBetween()
    {
        Assert.Equal("[]", PythonText.List([]));
        Assert.Equal("['a', \"b'\"]", PythonText.List(["a", "b'"]));
    }
}
