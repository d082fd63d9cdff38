namespace FeatureInterp.Saes;

/// <summary>How far an evaluation is.</summary>
/// <param name="Rows">Rows done, those of an earlier, interrupted run included.</param>
/// <param name="TotalRows">Rows there are; estimated for a text that is still being read, null before there is an estimate.</param>
/// <param name="Tokens">Tokens done.</param>
/// <param name="TimeLeft">At the speed of this run; null when the number of rows is not known.</param>
/// <param name="ExplainedVariance">What it is so far.</param>
/// <param name="L0">What it is so far.</param>
public sealed record SaeEvaluationProgress(long Rows, long? TotalRows, long Tokens, TimeSpan? TimeLeft, double ExplainedVariance, double L0);
