namespace FeatureInterp.Benchmarks;

/// <summary>Answers one question about speed: <c>dotnet run -c Release --project tests/FeatureInterp.Benchmarks -- matmul [--save]</c>.</summary>
internal static class Program
{
    private static readonly (string Name, string Asks, Func<Report> Answer)[] Questions =
    [
        ("matmul", "How near are the matrix multiplies of a prefill to the processor's peak and to OpenBLAS?", MatMulQuestion.Answer),
        ("decode", "How near is the product of one row with a weight to the speed at which memory can be read?", DecodeQuestion.Answer),
        ("quantized", "How fast are products with quantised weights, against fp32, against memory and against llama.cpp?", QuantizedQuestion.Answer),
        ("elementwise", "What do the kernels between the matrix multiplies cost?", ElementwiseQuestion.Answer),
        ("embedded", "How fast is the embedded model from end to end?", EmbeddedQuestion.Answer),
        ("tokenizers", "How fast is text turned into tokens, beside the Rust library?", TokenizerQuestion.Answer),
        ("sae", "What do an SAE's features cost, beside a layer of the model?", SaeQuestion.Answer),
        ("prefill", "How much of a prefill is its matrix multiplies?", PrefillQuestion.Answer),
        ("decode-model", "How near is generation to the speed at which a model's weights can be read?", DecodeModelQuestion.Answer),
        ("memory", "What do a large checkpoint, long contexts and many loads hold in memory?", MemoryQuestion.Answer),
        ("llamacpp", "How fast is a real quantised model beside llama.cpp?", LlamaCppQuestion.Answer),
        ("torch", "How fast is a prefill beside PyTorch?", TorchQuestion.Answer),
        ("steps", "Where does the time of a prefill go?", StepsQuestion.Answer),
        ("sweep", "How much faster is a steering sweep than one text after another?", SweepQuestion.Answer),
        ("attention", "What does attention cost, and what would it cost to keep the scores?", AttentionQuestion.Answer),
        ("cooccurrence", "How much faster is one pass over three sets of features than the published notebook's way?", CooccurrenceQuestion.Answer),
        ("gradient", "What does a gradient run cost beside the forward run?", GradientQuestion.Answer),
        ("sae-training", "How near is a training step of an SAE to the one matrix multiply it cannot avoid?", SaeTrainingQuestion.Answer),
        ("sae-reproduce", "How good is an SAE trained from scratch on the embedded model, and how long does it take?", SaeReproduceQuestion.Answer),
        ("cells", "What does a cell of a notebook cost, its safe points included, and how soon does an interrupt end it?", CellQuestion.Answer),
    ];

    private static int Main(string[] args)
    {
        var wanted = args.Where(a => !a.StartsWith('-')).ToArray();
        var unknown = wanted.FirstOrDefault(w => !Questions.Any(q => q.Name == w));
        if (wanted.Length == 0 || unknown is not null)
        {
            if (unknown is not null)
                Console.Error.WriteLine($"There is no question '{unknown}'.");
            Console.Error.WriteLine("Name one question or more; --save also writes the answer to results/<processor>/<question>.md.");
            foreach (var (name, asks, _) in Questions)
                Console.Error.WriteLine($"  {name,-12} {asks}");
            return 2;
        }

        foreach (var (name, asks, answer) in Questions.Where(q => wanted.Contains(q.Name)))
        {
            Console.WriteLine($"# {name}: {asks}");
            var before = Machine.Load;
            var report = answer();
            report.Note($"Load average of the last minute before and after: {before} and {Machine.Load}; beyond 1 (the benchmark itself), other programs were at work and times are too long.");
            Console.WriteLine(report.ToMarkdown());
            if (args.Contains("--save"))
                Console.WriteLine("Saved " + report.Save(name, asks));
        }

        return 0;
    }
}
