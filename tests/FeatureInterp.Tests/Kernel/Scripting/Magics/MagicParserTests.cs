using System.Collections.Immutable;
using FeatureInterp.Kernel.Scripting.Magics;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Scripting.Magics;

public class MagicParserTests
{
    private static readonly MagicSyntax Syntax = new(["name", "value"], ["byref"], MaxValues: 3);

    [Fact]
    public void Parse_OptionsFlagsAndValues_AreToldApart()
    {
        var line = MagicParser.Parse("  #!set  one --name x\t--byref --value \"two words\" three ", Syntax);
        Assert.Equal("set", line.Name);
        Assert.Equal(["one", "three"], line.Values.Select(v => v.Text));
        Assert.Equal("x", line["name"]!.Text);
        Assert.Equal(new MagicValue("two words", MagicValueKind.Quoted), line["value"]);
        Assert.True(line.Has("byref"));
        Assert.Null(line["nothing"]);
    }

    [Theory]
    [InlineData("plain", "plain", "Bare", null)]
    [InlineData("a\"b", "a\"b", "Bare", null)]
    [InlineData("https://example.org/?a=b", "https://example.org/?a=b", "Bare", null)]
    [InlineData("\"a \\\"b\\\" \\\\ \\n\"", "a \"b\" \\ \\n", "Quoted", null)]
    [InlineData("\"\"", "", "Quoted", null)]
    [InlineData("\"@input:x\"", "@input:x", "Quoted", null)]
    [InlineData("{ \"a\": [1, \"}\"] }", "{ \"a\": [1, \"}\"] }", "Json", null)]
    [InlineData("[1, 2]", "[1, 2]", "Json", null)]
    [InlineData("@csharp:y", "y", "Bare", "csharp")]
    [InlineData("@input:\"Your name?\"", "Your name?", "Quoted", "input")]
    [InlineData("@input:{\"prompt\": \"a b\"}", "{\"prompt\": \"a b\"}", "Json", "input")]
    [InlineData("@input", "", "Bare", "input")]
    [InlineData("@input:", "", "Bare", "input")]
    public void Parse_Value_KeepsHowItWasWritten(string written, string text, string kind, string? source)
    {
        var line = MagicParser.Parse($"#!set --value {written} --name x", Syntax);
        Assert.Equal(new MagicValue(text, Enum.Parse<MagicValueKind>(kind), source), line["value"]);
        Assert.Equal("x", line["name"]!.Text);
    }

    [Theory]
    [InlineData("#!", "names nothing")]
    [InlineData("#! x", "names nothing")]
    [InlineData("set x", "names nothing")]
    [InlineData("#!set --nam x", "no option --nam")]
    [InlineData("#!set --name", "--name has no value")]
    [InlineData("#!set --name --value x", "--name has no value")]
    [InlineData("#!set --name a --name b", "stands there twice")]
    [InlineData("#!set --byref --byref", "stands there twice")]
    [InlineData("#!set a b c d", "'d' belongs to no option")]
    [InlineData("#!set --value \"open", "opened and not closed")]
    [InlineData("#!set --value \"a\"b", "a space is missing")]
    [InlineData("#!set --value {\"a\":1", "is not JSON")]
    [InlineData("#!set --value {a}", "is not JSON")]
    [InlineData("#!set --value [1]x", "a space is missing")]
    [InlineData("#!set --value @", "nothing stands after '@'")]
    [InlineData("#!set --value @:x", "nothing stands after '@'")]
    public void Parse_MalformedLine_IsOneSentence(string line, string message)
    {
        var error = Assert.Throws<MagicException>(() => MagicParser.Parse(line, Syntax));
        Assert.Contains(message, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Parse_LineWithoutEnd_IsRefused() =>
        Assert.Contains("at most", Assert.Throws<MagicException>(() => MagicParser.Parse("#!set " + new string('x', MagicParser.MaxLength), Syntax)).Message);

    [Fact]
    public void Parse_WhatWasWritten_ComesBack() => Prop.ForAll(Lines.ToArbitrary(), line =>
    {
        var back = MagicParser.Parse(Write(line), Syntax);
        return back.Name == line.Name && back.Values.SequenceEqual(line.Values) && back.Options.SequenceEqual(line.Options);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnyLine_EndsInALineOrASentence() => Prop.ForAll(
        (from parts in Gen.Elements("#!set", " ", "--name", "--value", "--byref", "\"", "\\", "{", "}", "[", "]", ":", "@", "x", "é", "😀", "\t", "--", "1", ",").ListOf(12) select string.Concat(parts)).ToArbitrary(),
        text =>
        {
            try
            {
                return MagicParser.Parse(text, Syntax).Name.Length > 0;
            }
            catch (MagicException e)
            {
                return e.Message.Length > 0;
            }
        }).QuickCheckThrowOnFailure();

    private static readonly Gen<string> Word = from parts in Gen.Elements("a", "B", "7", ".", "/", "-", "é", "=", "\"", "{").NonEmptyListOf() select "w" + string.Concat(parts);

    private static readonly Gen<MagicValue> Values =
        from kind in Gen.Elements(MagicValueKind.Bare, MagicValueKind.Quoted, MagicValueKind.Json)
        from word in Word
        from spaced in Gen.Elements("", " ", "\\", "\"", "a  b", "--x", "@y", "\t")
        from source in Gen.Elements<string?>(null, "csharp", "input")
        select new MagicValue(kind == MagicValueKind.Bare ? word : kind == MagicValueKind.Quoted ? word + spaced + word : $"{{ \"k\": [1, {{}}, \"{word.Replace("\"", "", StringComparison.Ordinal)} ]\" ] }}", kind, source);

    private static readonly Gen<MagicLine> Lines =
        from values in Values.ListOf(2)
        from options in Gen.SubListOf("name", "value", "byref")
        from given in Values.ListOf(3)
        select new MagicLine("set", [.. values], options.Zip(given).ToImmutableSortedDictionary(p => p.First, p => p.First == "byref" ? MagicValue.None : p.Second, StringComparer.Ordinal));

    // Written from the grammar in the parser's documentation, and apart from its code.
    private static string Write(MagicLine line) => string.Join("  ",
        [$"#!{line.Name}", .. line.Values.Select(Write), .. line.Options.SelectMany(o => o.Key == "byref" ? new[] { "--byref" } : ["--" + o.Key, Write(o.Value)])]);

    private static string Write(MagicValue value) => (value.Source is null ? "" : $"@{value.Source}:")
        + (value.Kind == MagicValueKind.Quoted ? $"\"{value.Text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : value.Text);
}
