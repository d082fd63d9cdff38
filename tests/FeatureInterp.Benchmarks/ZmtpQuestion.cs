using System.Net;
using System.Net.Sockets;
using FeatureInterp.Kernel.Jupyter.Zmtp;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>
/// A publisher's messages to one subscriber, beside the same bytes written through a bare connection: once a message at a time, as a
/// writer without a queue would, and once all at a time, which is as fast as the system is.
/// </summary>
internal static class ZmtpQuestion
{
    private const int Messages = 2000, Repetitions = 25, TopicBytes = 10, BodyBytes = 190;

    public static Report Answer()
    {
        var (topic, body) = (new byte[TopicBytes], new byte[BodyBytes]);
        topic.AsSpan().Fill((byte)'t');
        byte[] message = [(byte)FrameFlags.More, TopicBytes, .. topic, 0, BodyBytes, .. body];
        var all = new byte[Messages * message.Length];
        for (var i = 0; i < Messages; i++)
            message.CopyTo(all, i * message.Length);

        var publisher = ZmtpSocket.Bind(ZmtpSocketType.Publisher, new IPEndPoint(IPAddress.Loopback, 0));
        using var subscriber = Subscribe(publisher);
        var (sender, receiver) = Pair();
        using (sender)
        {
            using var receiving = new CountingReader(receiver);
            var paired = new Paired(Repetitions)
                .Add("publish", Messages, () =>
                {
                    for (var i = 0; i < Messages; i++)
                        publisher.Publish([topic, body]);
                    subscriber.WaitFor(all.Length);
                })
                .Add("one by one", Messages, () =>
                {
                    for (var i = 0; i < Messages; i++)
                        sender.Send(message);
                    receiving.WaitFor(all.Length);
                })
                .Add("together", Messages, () =>
                {
                    sender.Send(all);
                    receiving.WaitFor(all.Length);
                })
                .Run();

            var report = new Report("what is written", "messages a second", "beside one by one", "beside together");
            foreach (var name in new[] { "publish", "one by one", "together" })
                report.Row(name, Number(paired.Rate(name), 0), Number(paired.Ratio(name, "one by one"), 2), Number(paired.Ratio(name, "together"), 3));
            report.Note($"{Messages} messages of {TopicBytes + BodyBytes} bytes in two frames ({message.Length} bytes with their headers) until the last byte was received; medians of {Repetitions} repetitions of all three in turn.");
            if (publisher.Dropped > 0)
                throw new InvalidOperationException($"{publisher.Dropped} messages were dropped.");
            publisher.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return report;
        }
    }

    private static CountingReader Subscribe(ZmtpSocket publisher)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(publisher.LocalEndPoint);
        byte[] ready = CommandCodec.Make("READY"u8, [11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "SUB"u8]);
        socket.Send([.. Greeting.Ours(), (byte)FrameFlags.Command, (byte)ready.Length, .. ready, 0, 1, 1]);
        var handshake = Greeting.Length + 2 + ReadyCommand.Make(ZmtpSocketType.Publisher).Length;
        for (var come = 0; come < handshake;)
            come += socket.Receive(new byte[handshake - come]);
        // The PONG comes once the subscription has been read.
        byte[] ping = CommandCodec.Make("PING"u8, [0, 0]);
        socket.Send([(byte)FrameFlags.Command, (byte)ping.Length, .. ping]);
        var reader = new CountingReader(socket);
        reader.WaitFor(2 + CommandCodec.Pong([0, 0]).Length);
        return reader;
    }

    private static (Socket Sender, Socket Receiver) Pair()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        sender.Connect(listener.LocalEndpoint);
        return (sender, listener.AcceptSocket());
    }

    /// <summary>Reads a connection to its end on a thread of its own, and counts.</summary>
    private sealed class CountingReader : IDisposable
    {
        private readonly Socket _socket;
        private readonly Lock _lock = new();
        private readonly AutoResetEvent _more = new(false);
        private long _come;

        public CountingReader(Socket socket)
        {
            _socket = socket;
            new Thread(Read) { IsBackground = true }.Start();
        }

        /// <summary>Waits for so many bytes more.</summary>
        public void WaitFor(long bytes)
        {
            while (true)
            {
                lock (_lock)
                {
                    if (_come >= bytes)
                    {
                        _come -= bytes;
                        return;
                    }
                }

                _more.WaitOne();
            }
        }

        public void Dispose() => _socket.Dispose();

        private void Read()
        {
            var buffer = new byte[1 << 16];
            try
            {
                while (_socket.Receive(buffer) is > 0 and var read)
                {
                    lock (_lock)
                        _come += read;
                    _more.Set();
                }
            }
            catch (SocketException)
            {
                // Closed on this side: the end.
            }
        }
    }
}
