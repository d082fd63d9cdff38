namespace FeatureInterp.Kernel.Analyses;

/// <summary>
/// The analyses, in the order in which <c>--list</c> names them. To add one, write a file beside this with a <c>Kind</c> (a name, a line, an example request and what reads it; ResidualStreamRequest.cs is a
/// short one) and add it here. Its <c>Read</c> asks the <see cref="RequestMap"/> for every key it knows and returns the work; that nothing else is in the request is checked for it. The work loads with
/// <see cref="ModelRequest"/> and <see cref="SaeRequest"/>, hands on progress and cancellation, and returns a display (whose figures are written as SVG and plotly JSON) and what writes the JSON
/// (<see cref="ResultJson"/>). The tests run every example here.
/// </summary>
internal static class AnalysisRegistry
{
    public static IReadOnlyList<AnalysisKind> All { get; } =
    [
        ContrastRequest.Kind,
        FeatureMapRequest.Kind,
        TopActivationsRequest.Kind,
        SteeringRequest.Kind,
        AblationRequest.Kind,
        AttributionRequest.Kind,
        PatchingRequest.Kind,
        ResidualStreamRequest.Kind,
        CooccurrenceRequest.Kind,
        VocabProjectionRequest.Kind,
        TokenChangeRequest.Kind,
        LogitLensRequest.Kind,
        LogitAttributionRequest.Kind,
        KlTargetRequest.Kind,
        DefinitionTreeRequest.Kind,
        TokenListRequest.Kind,
        SaeEvaluationRequest.Kind,
    ];
}
