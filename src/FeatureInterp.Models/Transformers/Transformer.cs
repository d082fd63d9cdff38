using System.Collections.Concurrent;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// A decoder-only language model whose every intermediate value can be kept, changed or replaced. Each architecture is one sealed
/// class with one page of maths; this class holds only what they share: loading, running, generating. Safe for use by several
/// threads at once.
/// </summary>
public abstract class Transformer
{
    private readonly ConcurrentBag<Workspace> _workspaces = [];
    private HookPoint[]? _hookPoints;
    private string? _weightsHash;

    /// <summary>Called by an architecture.</summary>
    /// <param name="name">What the model is called: the last part of its folder.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="config">Its dimensions.</param>
    /// <param name="tokenizer">Its tokenizer, if the folder has one.</param>
    protected Transformer(string name, string folder, TransformerConfig config, Tokenizer? tokenizer)
    {
        Name = name;
        Folder = folder;
        Config = config;
        Tokenizer = tokenizer;
    }

    /// <summary>What the model is called: the last part of its folder.</summary>
    public string Name { get; }

    /// <summary>Where its files are.</summary>
    public string Folder { get; }

    /// <summary>Its dimensions.</summary>
    public TransformerConfig Config { get; }

    /// <summary>Its tokenizer; null when the folder has none and only token ids can be run.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>The choices that change its numbers, by name, for a result's provenance.</summary>
    public abstract IReadOnlyDictionary<string, string> Flags { get; }

    /// <summary>Every hook of this model, in the order in which a run reaches them.</summary>
    public IReadOnlyList<HookPoint> HookPoints => _hookPoints ??= [.. ListHooks()];

    /// <summary>The fingerprint of the weight file, computed when first asked for; see <see cref="FileFingerprint"/>.</summary>
    public string WeightsHash => _weightsHash ??= FileFingerprint.Of(ModelFolder.WeightsFile(Folder));

    /// <summary>The sites the architecture has, in the order in which it reaches them.</summary>
    protected abstract IReadOnlyList<HookSite> Sites { get; }

    /// <summary>Loads a model: its weights stay mapped in their file.</summary>
    /// <param name="nameOrFolder">A folder in Hugging Face's layout, or the name of one under <c>data/models</c>.</param>
    /// <param name="order">Which of Gemma-2's layers are local; see <see cref="LayerOrder"/>.</param>
    /// <exception cref="ModelFileException">The folder or a file in it is not there or cannot be used.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged or does not fit the configuration.</exception>
    public static Transformer Load(string nameOrFolder, LayerOrder order = LayerOrder.LocalFirst) => ModelFolder.Load(nameOrFolder, order);

    /// <summary>
    /// Runs the model once over the prompts. Prompts may differ in length: none is padded, each gets exactly the numbers it would
    /// get alone.
    /// </summary>
    /// <param name="prompts">Texts or token ids.</param>
    /// <param name="capture">Which hooks to keep, as names or patterns.</param>
    /// <param name="edit">Changes made on the way, in order.</param>
    /// <param name="splice">SAEs to put in the place of hooks.</param>
    /// <param name="startAtLayer">The first block to run; it needs <paramref name="residual"/>.</param>
    /// <param name="residual">[token, d_model], the prompts' tokens one after another: what block <paramref name="startAtLayer"/> is given.</param>
    /// <param name="stopAtLayer">Stops before this block and gives back the residual stream; a negative number counts from the end.</param>
    /// <param name="cache">Keys and values of earlier tokens; the prompts then are what comes after them.</param>
    /// <param name="logits">Which positions need logits.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <returns>The logits (or the residual stream) and what was kept.</returns>
    /// <exception cref="PromptException">An empty or too long prompt, a token outside the vocabulary, or a KV cache that does not fit.</exception>
    /// <exception cref="HookException">A hook that this model does not have in this run.</exception>
    public RunResult Run(
        Prompts prompts,
        HookSelection? capture = null,
        IReadOnlyList<Edit>? edit = null,
        IReadOnlyList<ISplice>? splice = null,
        int startAtLayer = 0,
        Tensor? residual = null,
        int? stopAtLayer = null,
        KvCache? cache = null,
        LogitsAt logits = LogitsAt.Every,
        CancellationToken cancellation = default)
    {
        var tokens = prompts.Tokenize(this);
        var range = LayerRange.Of(this, startAtLayer, stopAtLayer, residual);
        var batch = new TokenBatch(tokens, Starts(tokens, cache));
        return Step(new HookScope(this, capture, edit, splice, range), batch, range, residual, cache, logits, cancellation);
    }

    /// <summary>One step with hooks that are already resolved.</summary>
    internal RunResult Step(HookScope hooks, TokenBatch batch, LayerRange range, Tensor? residual, KvCache? cache, LogitsAt logits, CancellationToken cancellation)
    {
        if (residual is not null && residual.Length != batch.RowCount * Config.DModel)
            throw new PromptException($"The residual stream to start from is {residual}, but these prompts need [{batch.RowCount}, {Config.DModel}].");
        if (!_workspaces.TryTake(out var work))
            work = new Workspace();
        try
        {
            var run = new ForwardPass(batch, hooks, work)
            {
                Cache = cache,
                StartLayer = range.Start,
                StopLayer = range.Stop,
                Residual = residual,
                LogitsAt = logits,
                Cancellation = cancellation,
            };
            var output = Forward(run);
            cache?.Advance(batch);
            return new RunResult(this, batch, range.Stop == Config.Layers, output, hooks.Activations);
        }
        finally
        {
            _workspaces.Add(work);
        }
    }

    /// <summary>The number of values a token has at a hook of the model itself.</summary>
    /// <param name="hook">The hook.</param>
    /// <returns>The width; 0 for attention scores and patterns, which have one value a key.</returns>
    /// <exception cref="HookException">This model has no such hook; the message names the nearest.</exception>
    public int WidthOf(HookPoint hook) => HookPoints.Contains(hook)
        ? hook.Site.Width(Config)
        : throw HookFaults.NotThere(hook.ToString(), HookPoints, Name);

    /// <summary>The tokenizer.</summary>
    /// <exception cref="ModelFileException">The folder has none.</exception>
    public Tokenizer RequireTokenizer() => Tokenizer
        ?? throw new ModelFileException(Folder, "there is no tokenizer.json, so only token ids can be run; put the model's tokenizer.json beside its weights.");

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Config.Layers} layers, d_model {Config.DModel}, {Config.Heads} heads, vocabulary {Config.VocabSize}, context {Config.ContextLength}";

    /// <summary>The architecture: from the residual stream's start to logits [row, d_vocab], or to the residual stream where the run stops.</summary>
    /// <param name="run">The tokens and the hooks.</param>
    protected abstract Tensor Forward(ForwardPass run);

    /// <summary>Whether a hook after the last block is wanted, so that every position has to be carried to the end.</summary>
    /// <param name="hooks">The run's hooks.</param>
    protected static bool WantsFinal(HookScope hooks) =>
        hooks.Wants(HookSite.FinalScale) || hooks.Wants(HookSite.FinalNormalized) || hooks.Wants(HookSite.UnembedIn) || hooks.Wants(HookSite.UnembedOut);

    /// <summary>The rows of the prompts' last tokens, [prompt, d_model]; prompts without a token in this step have none.</summary>
    /// <param name="run">The step.</param>
    /// <param name="x">[row, d_model]</param>
    protected static Tensor LastRows(ForwardPass run, Tensor x)
    {
        var rows = Enumerable.Range(0, run.Batch.Count).Where(p => run.Batch.Length(p) > 0).Select(run.Batch.LastRow).ToArray();
        var last = run.Buffer("last rows", rows.Length, x.Shape[1]);
        for (var i = 0; i < rows.Length; i++)
            x.Row(rows[i]).CopyTo(last.Row(i));
        return last;
    }

    /// <summary>A copy of the residual stream a run starts from, for the blocks to write on.</summary>
    /// <param name="run">The step.</param>
    /// <param name="residual">[row, d_model]</param>
    protected static Tensor Resume(ForwardPass run, Tensor residual)
    {
        var x = run.Buffer("x", run.Batch.RowCount, residual.Length / run.Batch.RowCount);
        residual.Span.CopyTo(x.Span);
        return x;
    }

    private IEnumerable<HookPoint> ListHooks()
    {
        var perLayer = Sites.Where(s => s.IsPerLayer()).ToArray();
        var first = Array.FindIndex(Sites.ToArray(), s => s.IsPerLayer());
        return Sites.Take(first).Select(s => new HookPoint(s))
            .Concat(Enumerable.Range(0, Config.Layers).SelectMany(l => perLayer.Select(s => new HookPoint(s, l))))
            .Concat(Sites.Skip(first).Where(s => !s.IsPerLayer()).Select(s => new HookPoint(s)));
    }

    private int[] Starts(int[][] tokens, KvCache? cache)
    {
        var starts = new int[tokens.Length];
        if (cache is null)
            return starts;
        if (cache.Count != tokens.Length)
            throw new PromptException($"The KV cache holds {cache.Count} prompts, but {tokens.Length} were given.");
        if (!cache.Fits(Config))
            throw new PromptException($"The KV cache was made for a model of other dimensions than {Name}; make one from its Config.");
        for (var p = 0; p < tokens.Length; p++)
        {
            starts[p] = cache.Length(p);
            if (starts[p] + tokens[p].Length > Config.ContextLength)
                throw new PromptException($"Prompt {p} would reach {starts[p] + tokens[p].Length} tokens, more than the {Config.ContextLength} that {Name} has positions for.");
        }

        return starts;
    }
}
