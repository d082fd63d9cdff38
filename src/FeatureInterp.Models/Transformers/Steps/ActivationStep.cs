using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The nonlinear middle of an MLP, in place of what it is given first.</summary>
internal static class ActivationStep
{
    /// <summary>GELU in its tanh form.</summary>
    /// <param name="run">The step.</param>
    /// <param name="x">[row, d_mlp]</param>
    public static void GeluTanh(ForwardPass run, Tensor x)
    {
        if (run.Tape is { } tape)
            ActivationGradient.Record(tape, x, Kernels.GeluTanhGradient);
        Kernels.GeluTanh(x.Span, x.Span);
    }

    /// <summary>GELU in its exact form.</summary>
    /// <param name="run">The step.</param>
    /// <param name="x">[row, d_mlp]</param>
    public static void GeluErf(ForwardPass run, Tensor x)
    {
        if (run.Tape is { } tape)
            ActivationGradient.Record(tape, x, Kernels.GeluErfGradient);
        Kernels.GeluErf(x.Span, x.Span);
    }

    /// <summary>gate = gelu(gate) · up, GELU in its tanh form.</summary>
    /// <param name="run">The step.</param>
    /// <param name="gate">[row, d_mlp]</param>
    /// <param name="up">[row, d_mlp]</param>
    public static void GeluTanhMul(ForwardPass run, Tensor gate, Tensor up)
    {
        if (run.Tape is { } tape)
            ActivationGradient.RecordGated(tape, gate, up, Kernels.GeluTanhMul, Kernels.GeluTanhGradient);
        Kernels.GeluTanhMul(gate.Span, up.Span, gate.Span);
    }

    /// <summary>gate = gelu(gate) · up, GELU in its exact form.</summary>
    /// <param name="run">The step.</param>
    /// <param name="gate">[row, d_mlp]</param>
    /// <param name="up">[row, d_mlp]</param>
    public static void GeluErfMul(ForwardPass run, Tensor gate, Tensor up)
    {
        if (run.Tape is { } tape)
            ActivationGradient.RecordGated(tape, gate, up, Kernels.GeluErfMul, Kernels.GeluErfGradient);
        Kernels.GeluErfMul(gate.Span, up.Span, gate.Span);
    }

    /// <summary>gate = silu(gate) · up.</summary>
    /// <param name="run">The step.</param>
    /// <param name="gate">[row, d_mlp]</param>
    /// <param name="up">[row, d_mlp]</param>
    public static void SiluMul(ForwardPass run, Tensor gate, Tensor up)
    {
        if (run.Tape is { } tape)
            ActivationGradient.RecordGated(tape, gate, up, Kernels.SiluMul, Kernels.SiluGradient);
        Kernels.SiluMul(gate.Span, up.Span, gate.Span);
    }
}
