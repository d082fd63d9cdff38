namespace FeatureInterp.Models;

/// <summary>Whether a model that is not on this machine may be fetched.</summary>
public enum Download
{
    /// <summary>Only what is on this machine is used; no connection is opened. The default everywhere.</summary>
    Never,

    /// <summary>What is missing is fetched from the hub into the Hugging Face cache.</summary>
    Allowed,
}
