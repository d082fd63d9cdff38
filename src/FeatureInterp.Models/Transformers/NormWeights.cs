using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The numbers of a norm. With a bias it is a layer norm, (x − mean)/√(variance + eps)·gain + bias, without one a root-mean-square norm, x/√(mean(x²) + eps)·gain.</summary>
/// <param name="Gain">[width]; the gain itself, also where the file stores its difference from one.</param>
/// <param name="Bias">[width], or null.</param>
/// <param name="Eps">Added to the variance or the mean square.</param>
internal sealed record NormWeights(Tensor Gain, Tensor? Bias, float Eps);
