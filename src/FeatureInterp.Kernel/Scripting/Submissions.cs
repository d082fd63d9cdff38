using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>The cells that ran in a session and the objects that hold their variables.</summary>
internal sealed class Submissions
{
    private readonly CellAssemblies _assemblies = new();
    private ImmutableList<Submission> _cells = [];

    // What every compiled cell is handed: at [0] a host object that this kernel does not use, at [n] the n-th cell with code.
    private object?[] _instances = new object?[16];
    private int _count;

    /// <summary>The last cell's compilation, or null before the first.</summary>
    public CSharpCompilation? Last => _cells.IsEmpty ? null : _cells[^1].Compilation;

    /// <summary>The variables of all cells; a redefined name is there once, as its last definition.</summary>
    public IReadOnlyList<SessionVariable> Variables =>
    [
        .. _cells.Reverse().Where(c => c.Instance is not null)
            .SelectMany(c => Fields(c.Instance!).Reverse().Select(f => (Field: f, c.Instance)))
            .DistinctBy(v => v.Field.Name, StringComparer.Ordinal).Reverse()
            .Select(v => new SessionVariable(v.Field.Name, v.Field.FieldType, v.Field.IsInitOnly || v.Field.IsLiteral, v.Field.GetValue(v.Instance))),
    ];

    /// <summary>Runs a compiled cell up to its first wait.</summary>
    /// <param name="cell">One without errors, compiled after <see cref="Last"/>.</param>
    /// <returns>Its value, once it comes to its end.</returns>
    public Task<object?> Start(CompiledCell cell)
    {
        if (cell.Image is null)
            return Task.FromResult<object?>(null);
        foreach (var file in cell.Compilation.DirectiveReferences.OfType<PortableExecutableReference>())
        {
            if (file.FilePath is { } path)
                _assemblies.AddFile(path);
        }

        var type = _assemblies.LoadCell(cell.Image, cell.Symbols!).GetType(cell.Compilation.ScriptClass!.MetadataName, throwOnError: true)!;
        var factory = type.GetMethod("<Factory>", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        ForgetRedefined(cell.Compilation);
        if (_count + 1 == _instances.Length)
            Array.Resize(ref _instances, 2 * _instances.Length);
        return factory.CreateDelegate<Func<object?[], Task<object?>>>()(_instances);
    }

    /// <summary>Makes a cell that was started part of what later cells see, however it ended.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="runsOn">Whether it was given up while it ran.</param>
    public void Commit(CompiledCell cell, bool runsOn)
    {
        var instance = cell.Image is null ? null : _instances[_count + 1];
        if (cell.Image is not null && instance is null)
            return;
        if (instance is not null)
            _count++;
        _cells = _cells.Add(new Submission(cell.Compilation, instance, OutlivingNames.Of(cell.Compilation, everything: runsOn), runsOn));
    }

    // Nothing written later can name a variable that is defined anew, so unless a method, lambda or type of an earlier cell does, what it
    // holds is let go: a gigabyte loaded twice is then one gigabyte.
    private void ForgetRedefined(CSharpCompilation next)
    {
        foreach (var name in next.ScriptClass!.GetMembers().OfType<IFieldSymbol>().Select(f => f.Name))
        {
            for (var i = _cells.Count - 1; i >= 0; i--)
            {
                if (_cells[i].Instance is not { } instance || Fields(instance).FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.Ordinal)) is not { } field)
                    continue;
                if (!field.IsLiteral && !_cells.Skip(i).Any(c => c.Outliving.Contains(name) && OutlivingNames.Refers(c.Compilation, instance.GetType().Name, name, everything: c.RunsOn)))
                    field.SetValue(instance, null);
                break;
            }
        }
    }

    private static IEnumerable<FieldInfo> Fields(object instance) =>
        instance.GetType().GetFields(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(f => f.Name[0] == '_' || char.IsLetter(f.Name[0]));

    /// <param name="Compilation">The cell's code.</param>
    /// <param name="Instance">The object that holds its variables; null when it has no code.</param>
    /// <param name="Outliving">The names in it that code refers to which may run after the cell.</param>
    /// <param name="RunsOn">Whether the cell itself may still run.</param>
    private sealed record Submission(CSharpCompilation Compilation, object? Instance, ImmutableHashSet<string> Outliving, bool RunsOn);
}
