using System.Diagnostics;
using System.Globalization;

namespace FeatureInterp.Benchmarks;

/// <summary>A Python process that runs a prefill in PyTorch whenever it is asked to.</summary>
internal sealed class TorchProcess : IDisposable
{
    // Plain tensors, eager: what a user of a Python library gets without compiling. Attention has one fused call in no version this must run on.
    private const string Script = """
        import json, math, struct, sys, time
        import numpy, torch
        folder, threads, tokens = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        torch.set_num_threads(threads)
        config = json.load(open(folder + "/config.json"))
        raw = open(folder + "/model.safetensors", "rb").read()
        start = 8 + struct.unpack("<q", raw[:8])[0]
        w = {}
        for name, entry in json.loads(raw[8:start]).items():
            begin, end = entry["data_offsets"]
            w[name] = torch.from_numpy(numpy.frombuffer(raw, dtype=numpy.float32, count=(end - begin) // 4, offset=start + begin).copy().reshape(entry["shape"]))
        ids = torch.tensor([i * 37 % 20000 for i in range(tokens)])
        mask = torch.full((tokens, tokens), float("-inf")).triu(1)
        F = torch.nn.functional

        def attend(q, k, v):  # [head, pos, d]
            scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[2]) + mask
            return (torch.softmax(scores, -1) @ v).transpose(0, 1).reshape(tokens, -1)

        def gpt2():
            d, heads = config["n_embd"], config["n_head"]
            norm = lambda x, n: F.layer_norm(x, (d,), w[n + ".weight"], w[n + ".bias"], config["layer_norm_epsilon"])
            conv = lambda x, n: torch.addmm(w[n + ".bias"], x, w[n + ".weight"])
            x = w["wte.weight"][ids] + w["wpe.weight"][:tokens]
            for l in range(config["n_layer"]):
                h = f"h.{l}."
                q, k, v = [t.view(tokens, heads, -1).transpose(0, 1) for t in conv(norm(x, h + "ln_1"), h + "attn.c_attn").split(d, 1)]
                x = x + conv(attend(q, k, v), h + "attn.c_proj")
                m = conv(norm(x, h + "ln_2"), h + "mlp.c_fc")
                m = 0.5 * m * (1 + torch.tanh(math.sqrt(2 / math.pi) * (m + 0.044715 * m ** 3)))
                x = x + conv(m, h + "mlp.c_proj")
            return F.linear(norm(x[-1], "ln_f"), w["wte.weight"])

        def llama():
            heads, shared, size, eps = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"], config["rms_norm_eps"]
            norm = lambda x, n: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * w[n + ".weight"]
            angle = torch.arange(tokens)[:, None] / config["rope_theta"] ** (torch.arange(0, size, 2) / size)
            cos, sin = torch.cat((angle, angle), 1).cos(), torch.cat((angle, angle), 1).sin()
            turn = lambda t: t * cos + torch.cat((-t[..., size // 2:], t[..., :size // 2]), -1) * sin
            split = lambda t, n: t.view(tokens, n, size).transpose(0, 1)
            x = w["model.embed_tokens.weight"][ids]
            for l in range(config["num_hidden_layers"]):
                b = f"model.layers.{l}."
                read = lambda n: F.linear(y, w[b + n + ".weight"])
                y = norm(x, b + "input_layernorm")
                q, k, v = turn(split(read("self_attn.q_proj"), heads)), turn(split(read("self_attn.k_proj"), shared)), split(read("self_attn.v_proj"), shared)
                k, v = [t.repeat_interleave(heads // shared, 0) for t in (k, v)]
                y = attend(q, k, v)
                x = x + read("self_attn.o_proj")
                y = norm(x, b + "post_attention_layernorm")
                y = F.silu(read("mlp.gate_proj")) * read("mlp.up_proj")
                x = x + read("mlp.down_proj")
            return F.linear(norm(x[-1], "model.norm"), w["model.embed_tokens.weight"])

        run = gpt2 if "n_embd" in config else llama
        now = time.process_time if threads == 1 else time.perf_counter
        print("ready", flush=True)
        with torch.no_grad():
            for line in sys.stdin:
                begin = now()
                logits = run()
                spent = now() - begin
                print(" ".join(map(str, logits.tolist())) if line.strip() == "logits" else spent, flush=True)
        """;

    private readonly Process _process;

    private TorchProcess(Process process) => _process = process;

    /// <summary>Starts Python; null where it or PyTorch is not installed.</summary>
    public static TorchProcess? Start(TemporaryModel model, int threads, int tokens)
    {
        var file = Path.Combine(model.Folder, "prefill.py");
        File.WriteAllText(file, Script);
        return Start("python3", model, file, threads, tokens) ?? Start("/usr/bin/python3", model, file, threads, tokens);
    }

    // The first Python of the path may not be the system's.
    private static TorchProcess? Start(string python, TemporaryModel model, string file, int threads, int tokens)
    {
        var start = new ProcessStartInfo(python, [file, model.Folder, $"{threads}", $"{tokens}"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = python == "python3" };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = $"{threads}";
        try
        {
            var torch = new TorchProcess(Process.Start(start)!);
            if (torch._process.StandardOutput.ReadLine() == "ready")
                return torch;
            torch.Dispose();
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Seconds of one prefill.</summary>
    public double Run() => double.Parse(Ask("run"), CultureInfo.InvariantCulture);

    /// <summary>The last token's logits.</summary>
    public float[] Logits() => [.. Ask("logits").Split(' ').Select(t => float.Parse(t, CultureInfo.InvariantCulture))];

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Ask(string what)
    {
        _process.StandardInput.WriteLine(what);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The Python process ended early; its error is above.");
    }
}
