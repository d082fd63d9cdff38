return await FeatureInterp.Kernel.Commands.CommandLine.RunAsync(args);
