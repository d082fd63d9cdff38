using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;

namespace FeatureInterp.Tests.Kernel.Jupyter.Fuzz;

/// <summary>A kernel that is sent spoilt messages, signed all the same, and must answer or drop each and go on.</summary>
internal sealed class FuzzedKernel : IDisposable
{
    private readonly Rig _rig = new(new FakeHost().Fails("fails").Gives("b", "2"));

    /// <summary>Messages that were answered or at least taken up.</summary>
    public int Taken { get; private set; }

    /// <summary>Messages dropped with a note.</summary>
    public int Dropped { get; private set; }

    public void Dispose() => _rig.Dispose();

    /// <summary>Sends a spoilt message, then a sound one, whose answer must be right.</summary>
    public async Task TryAsync(Random random)
    {
        var sound = MessageMutation.Sound[random.Next(MessageMutation.Sound.Count)];
        var parts = MessageMutation.Apply(sound, _rig.Client.Header(sound.Type), random);
        var channel = random.Next(3) == 0 ? RequestChannel.Control : RequestChannel.Shell;
        var what = $"{sound.Type} over {channel} as {string.Join(" | ", parts.Select(p => Encoding.UTF8.GetString(p)))}";
        try
        {
            var before = _rig.Log.Count;
            _rig.Send(_rig.Client.Signed(parts), channel);
            var exchange = await _rig.AskAsync("kernel_info_request", channel: channel).WaitAsync(ZmtpTestClient.Patience);
            Assert.Equal("busy kernel_info_reply idle", exchange.Types);
            Assert.Equal("ok", exchange.Reply.Status);
            Judge(_rig.Log.Count - before, [.. _rig.Outlet.All.Where(m => m.ParentId != exchange.Reply.ParentId)]);
            _rig.Outlet.All.Clear();
            _rig.Notes.GetStringBuilder().Clear();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.Message}; notes: {_rig.Notes}", e);
        }
    }

    private void Judge(int notes, Sent[] led)
    {
        if (notes > 0)
        {
            Dropped++;
            Assert.Equal((1, 0), (notes, led.Length));
            Assert.True(_rig.Notes.ToString() is var text && (text.Length == 0 || text.Contains("; dropped.", StringComparison.Ordinal)), text);
            return;
        }

        Taken++;
        Assert.Single(led.Select(m => m.ParentId).Distinct());
        Assert.Equal(["busy", "idle"], led.Where(m => m.Type == "status").Select(m => (string)m.Content["execution_state"]!));
        Assert.InRange(led.Count(m => m.Channel is "shell" or "control"), 0, 1);
        Assert.All(led, m => Assert.NotNull(JsonNode.Parse(m.Content.ToJsonString())));
        Assert.DoesNotContain(led, m => (string?)m.Content["ename"] == "KernelError");
    }
}
