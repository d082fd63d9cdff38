using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Puts calls of <see cref="Interactive.SafePoint.Pass"/> into a cell's text at the head of loops and labels that are jumped to, of
/// <see cref="Interactive.SafePoint.Enter"/> at the head of methods and lambdas, and of <see cref="Interactive.SafePoint.Next"/> before every statement of the cell itself. No line moves, so exceptions name the lines the user wrote.
/// </summary>
/// <remarks>
/// Left as they are: <c>finally</c> blocks, <c>Dispose</c> and finalizers (they clean up after a cancelled cell), expression trees, what
/// returns by reference, query clauses, expression-bodied properties and whatever would mean something else with a statement before it.
/// </remarks>
internal static class SafePoints
{
    private const string Pass = "global::FeatureInterp.Kernel.Interactive.SafePoint.Pass();";
    private const string Enter = "global::FeatureInterp.Kernel.Interactive.SafePoint.Enter();";
    private const string Next = "global::FeatureInterp.Kernel.Interactive.SafePoint.Next();";

    /// <summary>The cell's text with safe points, or the same text when there is no place for one.</summary>
    /// <param name="code">A cell that parses.</param>
    /// <param name="root">Its tree.</param>
    /// <param name="model">Asked only about lambdas without a block: whether they are code, and whether they return something.</param>
    public static string Insert(string code, CompilationUnitSyntax root, Lazy<SemanticModel> model)
    {
        var walker = new Walker(model, root.DescendantNodes().Any(n => n is GotoStatementSyntax));
        walker.Visit(root);
        var text = new StringBuilder(code.Length + walker.Edits.Count * Pass.Length);
        var from = 0;
        foreach (var edit in walker.Edits.OrderBy(e => e.Position))
        {
            text.Append(code, from, edit.Position - from).Append(edit.Text);
            from = edit.Position + edit.Replaced;
        }

        return text.Append(code, from, code.Length - from).ToString();
    }

    private readonly record struct Edit(int Position, int Replaced, string Text);

    private sealed class Walker(Lazy<SemanticModel> model, bool jumps) : CSharpSyntaxWalker
    {
        public List<Edit> Edits { get; } = [];

        public override void VisitCompilationUnit(CompilationUnitSyntax node)
        {
            base.VisitCompilationUnit(node);
            foreach (var member in node.Members.Skip(1).Where(m => m is GlobalStatementSyntax or FieldDeclarationSyntax))
                Add(member.SpanStart, Next);
        }

        public override void VisitWhileStatement(WhileStatementSyntax node)
        {
            base.VisitWhileStatement(node);
            Body(node.Statement);
        }

        public override void VisitDoStatement(DoStatementSyntax node)
        {
            base.VisitDoStatement(node);
            Body(node.Statement);
        }

        public override void VisitForStatement(ForStatementSyntax node)
        {
            base.VisitForStatement(node);
            Body(node.Statement);
        }

        public override void VisitForEachStatement(ForEachStatementSyntax node)
        {
            base.VisitForEachStatement(node);
            Body(node.Statement);
        }

        public override void VisitForEachVariableStatement(ForEachVariableStatementSyntax node)
        {
            base.VisitForEachVariableStatement(node);
            Body(node.Statement);
        }

        public override void VisitLabeledStatement(LabeledStatementSyntax node)
        {
            base.VisitLabeledStatement(node);
            if (jumps && node.Parent is BlockSyntax or SwitchSectionSyntax or GlobalStatementSyntax)
                Add(node.ColonToken.Span.End, Pass);
        }

        public override void VisitSwitchSection(SwitchSectionSyntax node)
        {
            base.VisitSwitchSection(node);
            if (jumps && node.Statements.Count > 0)
                Add(node.Statements[0].SpanStart, Pass);
        }

        // Cleaning up is not stopped, by whatever name it goes.
        public override void VisitFinallyClause(FinallyClauseSyntax node)
        {
        }

        public override void VisitDestructorDeclaration(DestructorDeclarationSyntax node)
        {
        }

        public override void VisitMethodDeclaration(MethodDeclarationSyntax node)
        {
            if (node.Identifier.ValueText is "Dispose" or "DisposeAsync" or "Finalize" || CalledFromOutside(node.AttributeLists))
                return;
            base.VisitMethodDeclaration(node);
            Head(node.Body, node.ExpressionBody, node.SemicolonToken, node.ReturnType, node.Modifiers);
        }

        public override void VisitLocalFunctionStatement(LocalFunctionStatementSyntax node)
        {
            if (CalledFromOutside(node.AttributeLists))
                return;
            base.VisitLocalFunctionStatement(node);
            Head(node.Body, node.ExpressionBody, node.SemicolonToken, node.ReturnType, node.Modifiers);
        }

        public override void VisitConstructorDeclaration(ConstructorDeclarationSyntax node)
        {
            base.VisitConstructorDeclaration(node);
            // A type whose static constructor threw once stays broken.
            if (!node.Modifiers.Any(SyntaxKind.StaticKeyword))
                Head(node.Body, node.ExpressionBody, node.SemicolonToken, null, node.Modifiers);
        }

        public override void VisitOperatorDeclaration(OperatorDeclarationSyntax node)
        {
            base.VisitOperatorDeclaration(node);
            Head(node.Body, node.ExpressionBody, node.SemicolonToken, node.ReturnType, node.Modifiers);
        }

        public override void VisitConversionOperatorDeclaration(ConversionOperatorDeclarationSyntax node)
        {
            base.VisitConversionOperatorDeclaration(node);
            Head(node.Body, node.ExpressionBody, node.SemicolonToken, node.Type, node.Modifiers);
        }

        public override void VisitAccessorDeclaration(AccessorDeclarationSyntax node)
        {
            base.VisitAccessorDeclaration(node);
            Block(node.Body);
        }

        public override void VisitAnonymousMethodExpression(AnonymousMethodExpressionSyntax node)
        {
            base.VisitAnonymousMethodExpression(node);
            Block(node.Block);
        }

        public override void VisitSimpleLambdaExpression(SimpleLambdaExpressionSyntax node)
        {
            base.VisitSimpleLambdaExpression(node);
            Lambda(node);
        }

        public override void VisitParenthesizedLambdaExpression(ParenthesizedLambdaExpressionSyntax node)
        {
            base.VisitParenthesizedLambdaExpression(node);
            Lambda(node);
        }

        private void Lambda(LambdaExpressionSyntax node)
        {
            Block(node.Block, HeadOf(node.Modifiers));
            if (node.ExpressionBody is not { } value || value is ThrowExpressionSyntax or RefExpressionSyntax
                || model.Value.GetTypeInfo(node).ConvertedType is not INamedTypeSymbol { DelegateInvokeMethod: { RefKind: RefKind.None } invoke })
                return;
            var returns = !invoke.ReturnsVoid && !(node.AsyncKeyword != default && invoke.ReturnType is INamedTypeSymbol { Arity: 0 });
            Add(node.ArrowToken.Span.End, "{");
            Value(value, returns, HeadOf(node.Modifiers));
            Add(value.Span.End, ";}");
        }

        private void Head(BlockSyntax? block, ArrowExpressionClauseSyntax? arrow, SyntaxToken semicolon, TypeSyntax? type, SyntaxTokenList modifiers)
        {
            Block(block, HeadOf(modifiers));
            if (arrow is null || arrow.Expression is ThrowExpressionSyntax or RefExpressionSyntax || Returns(type, modifiers) is not { } returns)
                return;
            Edits.Add(new(arrow.ArrowToken.SpanStart, arrow.ArrowToken.Span.Length, "{"));
            Value(arrow.Expression, returns, HeadOf(modifiers));
            Add(semicolon.Span.End, "}");
        }

        // Always on the line of what comes next: where the runtime cannot tell the place in a method, a trace names its first line.
        private void Value(ExpressionSyntax value, bool returns, string head) => Add(value.SpanStart, head + (returns ? "return " : ""));

        // An exception that passes through tens of thousands of awaits copies its trace at each, which takes minutes: there the end is left to come.
        private static string HeadOf(SyntaxTokenList modifiers) => modifiers.Any(SyntaxKind.AsyncKeyword) ? Pass : Enter;

        // Null when an async method's type does not tell.
        private static bool? Returns(TypeSyntax? type, SyntaxTokenList modifiers) => type switch
        {
            null or PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword } => false,
            _ when !modifiers.Any(SyntaxKind.AsyncKeyword) => true,
            QualifiedNameSyntax qualified => Returns(qualified.Right, modifiers),
            IdentifierNameSyntax { Identifier.ValueText: "Task" or "ValueTask" } => false,
            GenericNameSyntax { Identifier.ValueText: "Task" or "ValueTask" } => true,
            _ => null,
        };

        private static bool CalledFromOutside(SyntaxList<AttributeListSyntax> attributes) =>
            attributes.SelectMany(a => a.Attributes).Any(a => a.Name.ToString().Contains("UnmanagedCallersOnly", StringComparison.Ordinal));

        private void Body(StatementSyntax statement)
        {
            switch (statement)
            {
                case BlockSyntax block:
                    Block(block, Pass);
                    break;
                case LocalDeclarationStatementSyntax or LocalFunctionStatementSyntax or LabeledStatementSyntax:
                    // An error there, which braces would hide.
                    break;
                default:
                    Add(statement.SpanStart, "{" + Pass);
                    Add(statement.Span.End, "}");
                    break;
            }
        }

        private void Block(BlockSyntax? block, string call = Enter)
        {
            if (block is not null)
                Add(block.Statements.Count > 0 ? block.Statements[0].SpanStart : block.OpenBraceToken.Span.End, call);
        }

        private void Add(int position, string text) => Edits.Add(new(position, 0, text));
    }
}
