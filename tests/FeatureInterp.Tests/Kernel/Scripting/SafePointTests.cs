using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Tests.Kernel.Scripting;

public class SafePointTests
{
    /// <summary>Code where a statement put in at the wrong place would change what it does, or whether it compiles.</summary>
    public static TheoryData<string> Nasty() => new(
        "int F(bool b) { while (true) { if (b) return 1; b = true; } }\nF(false)",
        "int x; for (;;) { x = 3; break; }\nx",
        "int F(int n) { int r; do r = n--; while (n > 0); return r; }\nF(3)",
        "var s = 0; for (var i = 0; i < 3; i++) for (var j = 0; j < 3; j++) s += i * j;\ns",
        "var s = 0; for (var i = 0; i < 3; i++)\n    // above\n    s += i; // beside\ns",
        "var s = 0; foreach (var (a, b) in new[] { (1, 2), (3, 4) }) if (a > 1) s += b; else s -= b;\ns",
        "var s = 0; foreach (var c in \"abc\".AsSpan()) s += c;\ns",
        "int F(Span<int> a) { var s = 0; foreach (ref var v in a) { v++; s += v; } return s; }\nF(new[] { 1, 2 })",
        "var i = 0; while (i++ < 5) ;\ni",
        "int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);\nFib(10)",
        "void Set(int v) => seen = v; int seen = 0; Set(4);\nseen",
        "string Twice(string s) =>\n    // comment\n    s + s // more\n    ;\nTwice(\"ab\")",
        "ref int First(int[] a) => ref a[0]; var a = new int[1]; First(a) = 5;\na[0]",
        "int Never() => throw new InvalidOperationException(\"no\"); string r; try { Never(); r = \"\"; } catch (InvalidOperationException e) { r = e.Message; }\nr",
        "async Task Later() => await Task.Yield(); async Task<int> Value() => await Task.FromResult(4); async ValueTask<int> V() => await Value(); await Later();\nawait V()",
        "using System.Linq.Expressions; Expression<Func<int, bool>> e = x => x > 3;\ne.ToString()",
        "IQueryable<int> q = new[] { 1, 2, 3 }.AsQueryable();\nstring.Join(',', q.Where(x => x > 1).Select(x => x * 2).ToArray())",
        "Action a = () => Console.Write(1); Func<Task> t = async () => await Task.Yield(); Func<Task<int>> v = async () => await Task.FromResult(7); a(); await t();\nawait v()",
        "Func<int, Func<int, int>> add = x => y => x + y;\nadd(1)(2)",
        "var f = (int x) => x % 2 == 0; var g = static (string s) => s.Length;\n(f(2), g(\"abc\"))",
        "int Pick(Action a) => 1; int Pick(Func<int> f) => 2; int M() => 3;\nPick(() => M()) * 10 + Pick(() => { })",
        "async Task<int> G() => 5;\nawait Task.Run(() => G())",
        "Func<string?> n = () => null; Func<int?> d = () => default; Func<object> o = () => new(); Func<int[]> c = () => [1, 2];\n(n(), d(), o() is not null, c().Length)",
        "Func<int> t = () => throw new Exception(); Func<int, int> sw = x => x switch { 1 => 2, _ => throw new ArgumentException() };\nsw(1)",
        "delegate ref int Ref(int[] a); Ref r = (int[] a) => ref a[0]; var z = new int[1]; r(z) = 9;\nz[0]",
        "IEnumerable<int> Odd(int n) { for (var i = 0; i < n; i++) if (i % 2 == 1) yield return i; }\nstring.Join(' ', Odd(8))",
        "async IAsyncEnumerable<int> S() { for (var i = 0; i < 3; i++) { await Task.Yield(); yield return i; } } var s = 0; await foreach (var x in S()) s += x;\ns",
        "int F(int n) { var s = 0; again: s += n; if (--n > 0) goto again; return s; }\nF(4)",
        "int F(int n) { switch (n) { case 1: goto case 2; case 2: var k = n; return 20 + k; default: goto case 1; } }\nF(9)",
        "record struct P(int A) { public int Twice => 2 * A; public int Half { get { return A / 2; } } public static P operator +(P a, P b) => new(a.A + b.A); public static implicit operator int(P p) => p.A; }\n(int)(new P(3) + new P(4)) + new P(3).Twice + new P(8).Half",
        "class C { public int V; public C() => V = 4; public C(int v) : this() { V += v; } ~C() { for (;;) break; } static C() { N = 1; } public static int N; }\nnew C(3).V + C.N",
        "struct S { public int A; public int B; public S(int a) { A = a; B = 2; } }\nnew S(1).B",
        "interface I { int M() => 7; } class D : I { }\n((I)new D()).M()",
        "static int Plus(this int a, int b) => a + b;\n1.Plus(2)",
        "#nullable enable\nstring? s = null;\n#if NOTHING\nwhile (true) bad(\n#else\nwhile (s is null) s = \"x\";\n#endif\ns",
        "#line 100 \"other.cs\"\nvar n = 0;\n#line default\nwhile (n < 3) n++;\nn",
        "var s = \"\"\"\n    while (true) x => y;\n    \"\"\"; foreach (var c in s) { }\ns.Length",
        "unsafe int F(int[] a) { var s = 0; fixed (int* p = a) for (var i = 0; i < a.Length; i++) s += p[i]; return s; }\nF(new[] { 1, 2 })",
        "var log = \"\"; for (var i = 0; i < 2; i++) try { continue; } finally { for (var j = 0; j < 2; j++) log += j; }\nlog",
        "var d = new Dictionary<string, Func<double, double>> { [\"a\"] = x => x * x, [\"b\"] = Math.Sqrt };\nd[\"a\"](3)",
        "var none = 0;\n(from x in Enumerable.Range(0, 5) where x > 1 let y = x * x orderby -y select y).First()",
        "EventHandler h = delegate { }; h += (_, _) => { }; h(null, EventArgs.Empty);\n1",
        "int Outer() { int Local(int n) => n <= 0 ? 0 : Local(n - 1); static int Twice(int a) { return 2 * a; } return Twice(Local(3)) + 1; }\nOuter()",
        "Func<Func<int>, int> run = f => f();\nrun(() => run(() => 3))",
        "lock (new object()) while (true) break;\nint q = 1; Span<int> Tail(Span<int> s) => s[1..];\nTail(new[] { 1, 2 })[0]",
        "bool Try(out int v) { v = 3; return true; } while (Try(out var got) && got == 3) { break; }\n1",
        "[System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)] static int F([System.Diagnostics.CodeAnalysis.NotNull] object o) => o.GetHashCode() * 0;\nF(1)",
        "T Same<T>(T v) where T : notnull => v; Func<T> Make<T>() where T : new() => () => new T();\n(Same(2), Make<int>()())",
        "L: ;\nvar e = 0; if (e++ < 0) goto L;\ne");

    [Theory, MemberData(nameof(Nasty))]
    public async Task Insert_CodeOfEveryKind_DoesWhatItDidBefore(string code)
    {
        var (with, without) = (Compile(code, safePoints: true), Compile(code, safePoints: false));
        Assert.Equal([], without.Errors.Select(e => e.ToString()));
        Assert.False(with.RefusedSafePoints);
        Assert.Contains("SafePoint", with.Compilation.SyntaxTrees[^1].ToString());
        Assert.Equal(Lines(without), Lines(with));
        Assert.Equal(without.HasValue(), with.HasValue());
        Assert.Equal(await new Submissions().Start(without), await new Submissions().Start(with));
    }

    [Theory]
    [InlineData("while (true) int y = 1;")]
    [InlineData("for (;;) x: break;")]
    [InlineData("while (true) void F() { }")]
    [InlineData("int F() { while (false) { } }")]
    [InlineData("void F() => 5;")]
    [InlineData("int F(int n) => ;")]
    [InlineData("foreach (var x in 5) x.Foo();")]
    [InlineData("Func<int> f = () => \"text\"; Action a = () => 5;")]
    [InlineData("int F() { int x; return x; }")]
    [InlineData("var y = undefined.Select(x => x + 1); for (;;) { oops(); }")]
    [InlineData("System.Linq.Expressions.Expression<Func<int>> e = () => { return 1; };")]
    [InlineData("int x = 1; int x = 2; while (x < 3) x++;")]
    public void Insert_WrongCode_GivesTheErrorsOfTheTextAsWritten(string code)
    {
        var (with, without) = (Compile(code, safePoints: true), Compile(code, safePoints: false));
        Assert.NotEmpty(without.Errors);
        Assert.Equal(Told(without), Told(with));

        // The class that holds a cell's variables has a name of its own in every compiler.
        static IEnumerable<string> Told(CompiledCell cell) => cell.Errors.Select(e => e.ToString().Replace(cell.Compilation.ScriptClass!.Name, "Submission", StringComparison.Ordinal));
    }

    public static TheoryData<string> Notebooks() => new(Directory.EnumerateFiles(Path.Combine(Repository.Root, "notebooks"), "*.dib").Select(f => Path.GetFileName(f)!));

    [Theory, MemberData(nameof(Notebooks))]
    public void Insert_OurNotebooks_CompileWithSafePointsAndKeepTheirLines(string file)
    {
        var compiler = new CellCompiler(AppContext.BaseDirectory);
        CSharpCompilation? last = null;
        foreach (var (cell, i) in NotebookFile.Load(Path.Combine(Repository.Root, "notebooks", file)).Cells.Where(c => c.IsCSharp).Select((c, i) => (c, i)))
        {
            var code = CellDirectives.Parse(cell.Source).Code;
            var compiled = compiler.Compile(last, $"cell {i}", code);
            Assert.Equal([], compiled.Errors.Select(e => e.ToString()));
            Assert.False(compiled.RefusedSafePoints);
            Assert.Equal(code.Split('\n').Length, Lines(compiled));
            last = compiled.Compilation;
        }

        Assert.NotNull(last);
    }

    [Theory]
    [InlineData("int F(int n)\n    => n\n    / 0 * Fail();\nint Fail() { throw new InvalidOperationException(); }\n\nF(1)", 6)]
    [InlineData("void F()\n{\n    for (var i = 0; ; i++)\n        if (i > 3)\n            throw new InvalidOperationException();\n}\n\nF();", 5)]
    [InlineData("Func<int, int> f = x =>\n    int.Parse(\"no\");\nf(1)", 2)]
    [InlineData("var n = 0;\nwhile (true)\n{\n    n++; if (n > 2)\n        int.Parse(\"no\");\n}", 5)]
    public async Task Exception_InCodeWithSafePoints_NamesTheLineAsWritten(string code, int line)
    {
        var error = await new Cells().ErrorAsync(code);
        Assert.Contains(error.Traceback, t => t.EndsWith($"cell 1, line {line}", StringComparison.Ordinal));
        Assert.DoesNotContain(error.Traceback, t => t.Contains("SafePoint", StringComparison.Ordinal));
    }

    private static int Lines(CompiledCell cell) => cell.Compilation.SyntaxTrees[^1].GetText().Lines.Count;

    private static CompiledCell Compile(string code, bool safePoints) => new CellCompiler(AppContext.BaseDirectory).Compile(null, "cell", code, safePoints);
}
