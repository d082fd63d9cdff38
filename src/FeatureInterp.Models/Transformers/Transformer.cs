using System.Collections.Concurrent;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// A decoder-only language model whose every intermediate value can be kept, changed or replaced. Each architecture is one sealed
/// class with one page of maths; this class holds only what they share: loading, running, generating. Safe for use by several
/// threads at once.
/// </summary>
public abstract partial class Transformer
{
    private readonly ConcurrentBag<Workspace> _workspaces = [];
    private WeightProcessing? _processing;
    private HookPoint[]? _hookPoints;
    private string? _weightsHash;
    private ChatTemplate? _chatTemplate;
    private LensWeights? _lensWeights;

    /// <summary>Called by an architecture.</summary>
    /// <param name="identity">What the model is besides its numbers.</param>
    /// <param name="config">Its dimensions.</param>
    /// <param name="weights">The checkpoint's arrays, whatever the processing.</param>
    private protected Transformer(ModelIdentity identity, TransformerConfig config, ModelWeights weights)
    {
        Identity = identity;
        Config = config;
        Weights = RefactoredAttention.InForce(weights, identity.Options.Processing, identity.Name);
    }

    /// <summary>What the model is called: the last part of its folder.</summary>
    public string Name => Identity.Name;

    /// <summary>Where its files are: the folder, or the one file that holds everything.</summary>
    public string Folder => Identity.Folder;

    /// <summary>Its dimensions.</summary>
    public TransformerConfig Config { get; }

    /// <summary>Its tokenizer; null when the folder has none and only token ids can be run.</summary>
    public Tokenizer? Tokenizer => Identity.Tokenizer;

    /// <summary>The choices that change its numbers, by name, for a result's provenance.</summary>
    public virtual IReadOnlyDictionary<string, string> Flags => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["architecture"] = Identity.Architecture,
        ["weight processing"] = Processing.ToString(),
    };

    /// <summary>The weight processing in force; what the architecture has no use for is off.</summary>
    public WeightProcessing Processing => _processing ??= Effective(Identity.Options.Processing);

    /// <summary>Whether a text gets a beginning-of-sequence token in front unless told otherwise: TransformerLens's <c>default_prepend_bos</c>.</summary>
    public virtual bool PrependsBos => true;

    /// <summary>
    /// The tokens at which a generated text ends: the tokenizer's end-of-sequence token and those that <c>generation_config.json</c> names
    /// (an instruct model's end of turn). None without a tokenizer.
    /// </summary>
    public IReadOnlyList<int> StopTokens => Tokenizer is null ? [] : [.. Identity.StopTokens.Append(Tokenizer.EosId ?? -1).Where(t => t >= 0).Distinct()];

    /// <summary>The model's matrices in TransformerLens's shapes, its weight processing folded in; each is computed when asked for.</summary>
    public LensWeights LensWeights => _lensWeights ??= new LensWeights(this, Weights, Processing);

    /// <summary>The embedding matrix as the checkpoint has it, row by row, and the way to put another row in a token's place.</summary>
    public EmbeddingMatrix Embedding => new(Weights.Embed, EmbedScale, Processing.CenterWritingWeights, Name);

    internal ModelIdentity Identity { get; }

    /// <summary>The arrays a run computes with: the checkpoint's, but for refactored attention matrices.</summary>
    internal ModelWeights Weights { get; }

    /// <summary>Every hook of this model, in the order in which a run reaches them.</summary>
    public IReadOnlyList<HookPoint> HookPoints => _hookPoints ??= [.. ListHooks()];

    /// <summary>The fingerprint of the weight files, computed when first asked for; see <see cref="FileFingerprint"/>.</summary>
    public string WeightsHash => _weightsHash ??= FileFingerprint.Of(Identity.Source.Files);

    /// <summary>The sites the architecture has, in the order in which it reaches them.</summary>
    protected abstract IReadOnlyList<HookSite> Sites { get; }

    /// <summary>Loads a model: its weights stay mapped in their files.</summary>
    /// <param name="model">
    /// Looked for in this order: a folder in Hugging Face's layout or a <c>.gguf</c> file; a name under the project's <c>data/models</c>; <c>org/name</c> in the
    /// Hugging Face cache, also <c>org/name@revision</c> and <c>org/name:file.gguf</c>; the same on the hub, where <see cref="LoadOptions.Download"/> allows it.
    /// </param>
    /// <param name="options">Choices that change numbers; the usual ones if left out.</param>
    /// <param name="progress">Told how far a download is.</param>
    /// <param name="cancellation">Stops a download; what arrived is kept.</param>
    /// <exception cref="ModelFileException">The model or a file of it is not there or cannot be used.</exception>
    /// <exception cref="WeightFileException">A weight file is damaged or does not fit the configuration.</exception>
    /// <exception cref="HubException">It could not be fetched.</exception>
    public static Transformer Load(string model, LoadOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        ModelFolder.Load(model, options ?? new LoadOptions(), progress, cancellation);

    /// <summary>Loads a model, fetching it from the hub if it is not on this machine and that is allowed.</summary>
    /// <param name="model">As above.</param>
    /// <param name="download">Whether it may be fetched.</param>
    /// <exception cref="ModelFileException">The model or a file of it is not there or cannot be used.</exception>
    /// <exception cref="WeightFileException">A weight file is damaged or does not fit the configuration.</exception>
    /// <exception cref="HubException">It could not be fetched.</exception>
    public static Transformer Load(string model, Download download) => Load(model, new LoadOptions { Download = download });

    /// <summary>
    /// The same model with other weight processing. The weights are shared: what processing changes is computed on the values of a
    /// run, so this costs nothing and both can be used side by side.
    /// </summary>
    /// <param name="processing">What to process; <see cref="WeightProcessing.Standard"/> is TransformerLens's default.</param>
    /// <exception cref="HookException">Attention matrices cannot be refactored where queries and keys are rotated.</exception>
    public abstract Transformer WithProcessing(WeightProcessing processing);

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
    /// <exception cref="PromptException">An empty or too long prompt, a token outside the vocabulary, a KV cache that does not fit, or a run that memory will not hold.</exception>
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
        var hooks = new HookScope(this, capture, edit, splice, range);
        MemoryPlan.Of(this, batch, hooks, logits, cache is null ? 0 : batch.RowCount).Check(this, batch.RowCount);
        return Step(hooks, batch, range, residual, cache, logits, cancellation);
    }

    /// <summary>One step with hooks that are already resolved.</summary>
    internal RunResult Step(
        HookScope hooks, TokenBatch batch, LayerRange range, Tensor? residual, KvCache? cache, LogitsAt logits, CancellationToken cancellation, float[]? logitsRoom = null)
    {
        CheckResidual(batch, residual);
        if (!_workspaces.TryTake(out var work))
            work = new Workspace();
        try
        {
            var output = Forward(NewPass(hooks, batch, range, residual, cache, logits, cancellation, work, logitsRoom));
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
    /// <exception cref="ModelFileException">The model came with none.</exception>
    public Tokenizer RequireTokenizer() => Tokenizer ?? throw (Identity.TokenizerFault is { } fault
        ? new ModelFileException(Folder, $"its tokenizer cannot be used, so only token ids can be run ({fault.Message})", fault)
        : new ModelFileException(Folder, "there is no tokenizer.json, so only token ids can be run; put the model's tokenizer.json beside its weights."));

    /// <summary>The way this instruct model wants a conversation written down.</summary>
    /// <exception cref="ChatException">The model came with no template (a base model has none), or with one that is not known.</exception>
    public ChatTemplate ChatTemplate => _chatTemplate ??= Identity.ChatSource is { } source
        ? ChatTemplate.Recognise(source, Spelling(Tokenizer?.BosId), Spelling(Tokenizer?.EosId), Folder)
        : File.Exists(Folder) ? throw new ChatException($"{Folder} has no chat template: use an instruct model, or write the prompt out yourself.")
        : ChatTemplate.Load(Folder);

    /// <summary>A conversation as token ids, special tokens included, ready to be run or continued.</summary>
    /// <param name="messages">The messages in order.</param>
    /// <param name="addGenerationPrompt">Whether to end with the beginning of the assistant's answer.</param>
    /// <exception cref="ChatException">No template, or the template refuses the conversation.</exception>
    /// <exception cref="ModelFileException">The model came with no tokenizer.</exception>
    public int[] ChatTokens(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = true) =>
        RequireTokenizer().Encode(ChatTemplate.Render(messages, addGenerationPrompt), addSpecialTokens: false);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Config.Layers} layers, d_model {Config.DModel}, {Config.Heads} heads, vocabulary {Config.VocabSize}, context {Config.ContextLength}";

    /// <summary>What a row of the embedding matrix is multiplied with before the first block: √d_model in Gemma, 1 elsewhere.</summary>
    protected virtual float EmbedScale => 1;

    /// <summary>From token ids to the residual stream's first value, [row, d_model].</summary>
    /// <param name="run">The tokens and the hooks.</param>
    protected abstract Tensor Embed(ForwardPass run);

    /// <summary>One block, written onto the residual stream.</summary>
    /// <param name="run">The tokens and the hooks.</param>
    /// <param name="layer">The block, from 0.</param>
    /// <param name="x">The residual stream, [row, d_model].</param>
    protected abstract void Block(ForwardPass run, int layer, Tensor x);

    /// <summary>From the last residual stream to logits, [row, d_vocab].</summary>
    /// <param name="run">The tokens and the hooks.</param>
    /// <param name="x">The residual stream, [row, d_model].</param>
    protected abstract Tensor Unembed(ForwardPass run, Tensor x);

    private void CheckResidual(TokenBatch batch, Tensor? residual)
    {
        if (residual is not null && residual.Length != batch.RowCount * Config.DModel)
            throw new PromptException($"The residual stream to start from is {residual}, but these prompts need [{batch.RowCount}, {Config.DModel}].");
    }

    private ForwardPass NewPass(
        HookScope hooks, TokenBatch batch, LayerRange range, Tensor? residual, KvCache? cache, LogitsAt logits, CancellationToken cancellation, Workspace work, float[]? logitsRoom = null) =>
        new(batch, hooks, work)
        {
            Cache = cache,
            StartLayer = range.Start,
            StopLayer = range.Stop,
            Residual = residual,
            LogitsAt = logits,
            LogitsRoom = logitsRoom,
            Cancellation = cancellation,
            Processing = Processing,
            NormalizedAfterGain = Identity.Options.NormalizedHook == NormalizedHook.AfterGain,
        };

    private Tensor Forward(ForwardPass run)
    {
        var x = Enter(run);                                                         // [row, d_model]
        for (var layer = run.StartLayer; layer < run.StopLayer; layer++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            Block(run, layer, x);
        }

        return run.StopLayer < Config.Layers ? x.Clone() : Unembed(run, x);
    }

    // A copy for the blocks to write on.
    private static Tensor Resume(ForwardPass run, Tensor residual)
    {
        var x = run.Buffer("x", run.Batch.RowCount, residual.Length / run.Batch.RowCount);
        residual.Span.CopyTo(x.Span);
        return x;
    }

    // Without layer norms centring what is written would change the model, and so would centring logits that are capped.
    private WeightProcessing Effective(WeightProcessing asked) => asked with
    {
        CenterWritingWeights = asked.CenterWritingWeights && Weights.Final.Bias is not null,
        CenterUnembed = asked.CenterUnembed && !CapsLogits,
    };

    /// <summary>Whether logits are soft-capped, so that taking a constant from them would change what the model predicts.</summary>
    protected virtual bool CapsLogits => false;

    private IEnumerable<HookPoint> ListHooks()
    {
        // One copy for a head's queries, keys and values needs as many heads of each; TransformerLens refuses it too.
        HookSite[] sites = [.. Config.Heads == Config.KeyValueHeads ? Sites : Sites.Where(s => s != HookSite.AttnIn)];
        var perLayer = sites.Where(s => s.IsPerLayer()).ToArray();
        var first = Array.FindIndex(sites, s => s.IsPerLayer());
        return sites.Take(first).Select(s => new HookPoint(s))
            .Concat(Enumerable.Range(0, Config.Layers).SelectMany(l => perLayer.Select(s => new HookPoint(s, l))))
            .Concat(sites.Skip(first).Where(s => !s.IsPerLayer()).Select(s => new HookPoint(s)));
    }

    private string? Spelling(int? token) => token is { } id ? Tokenizer!.IdToToken(id) : null;

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
