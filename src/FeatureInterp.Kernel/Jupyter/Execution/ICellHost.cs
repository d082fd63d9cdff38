using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>What runs cells and knows about their code.</summary>
internal interface ICellHost
{
    /// <summary>Answers an editor's questions.</summary>
    ICodeAssistant Assistant { get; }

    /// <summary>Runs a cell; how it ended is the result, also when it failed or was interrupted.</summary>
    Task<CellResult> RunAsync(string code, string name, IOutputSink sink, CancellationToken token);
}
