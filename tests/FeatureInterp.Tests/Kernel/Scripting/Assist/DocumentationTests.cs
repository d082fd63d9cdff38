using System.Xml.Linq;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting.Assist;

/// <summary>Documentation files and their elements.</summary>
public class DocumentationTests
{
    [Theory]
    [InlineData("<summary>One\n   two.</summary>", "One two.")]
    [InlineData("<summary>See <see cref=\"T:System.String\"/> or <see langword=\"null\"/>.</summary>", "See String or null.")]
    [InlineData("<summary><paramref name=\"a\"/> and <c>x &lt; y</c></summary>", "`a` and `x < y`")]
    [InlineData("<summary>A<para>B</para>C</summary>", "A\nB\nC")]
    [InlineData("<summary><list type=\"bullet\"><item><description>one</description></item><item>two</item></list></summary>", "- one\n- two")]
    [InlineData("<summary><see cref=\"M:System.Math.Max(System.Int32,System.Int32)\">the larger</see></summary>", "the larger")]
    public void Elements_AreWords(string xml, string expected) => Assert.Equal(expected, DocumentationText.Of(XElement.Parse(xml, LoadOptions.PreserveWhitespace)));

    [Theory]
    [InlineData("T:System.Collections.Generic.List`1", "List")]
    [InlineData("M:System.Math.Max(System.Int32,System.Int32)", "Math.Max")]
    [InlineData("P:A.B.C", "B.C")]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    public void Ids_AreShort(string id, string expected) => Assert.Equal(expected, DocumentationText.Name(id));

    [Fact]
    public void Index_FindsMembersByTheirIds()
    {
        var index = DocumentationIndex.Of("<doc><members><member name=\"T:A\"><summary>a</summary></member>\n<member name=\"M:A.B(System.Int32)\"><summary>b</summary></member></members></doc>");
        Assert.Equal("<member name=\"M:A.B(System.Int32)\"><summary>b</summary></member>", index.Find("M:A.B(System.Int32)"));
        Assert.Null(index.Find("T:B"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<doc><members><member name=\"T:A\">")]
    [InlineData("<member name=\"")]
    [InlineData("not xml at all")]
    public void Index_OfSomethingBroken_IsEmpty(string text) => Assert.Null(DocumentationIndex.Of(text).Find("T:A"));

    [Fact]
    public void File_ThatIsNotThere_HoldsNothing() => Assert.Null(DocumentationIndex.Read(Path.Combine(AppContext.BaseDirectory, "none.xml")).Find("T:A"));
}
