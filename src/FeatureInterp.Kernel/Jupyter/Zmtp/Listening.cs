using System.Net;
using System.Net.Sockets;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>Opens the socket that others connect to.</summary>
internal static class Listening
{
    private const int Backlog = 512;

    /// <summary>The address of a Unix socket.</summary>
    /// <exception cref="ZmtpException">The path is too long, or none.</exception>
    public static EndPoint UnixAddress(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException e)
        {
            throw new ZmtpException($"The path '{path}' cannot be that of a Unix socket: it is empty or longer than the about 100 bytes that the system allows; choose a shorter one.", e);
        }
    }

    /// <summary>Listens there. The file of a Unix socket that nobody listens to any more is replaced.</summary>
    /// <exception cref="ZmtpException">The address is taken or cannot be had.</exception>
    public static Socket At(EndPoint endpoint)
    {
        try
        {
            return Bind(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            if (endpoint is not UnixDomainSocketEndPoint || !IsLeftOver(endpoint))
                throw new ZmtpException($"The address {endpoint} is in use by another program; end that one or choose another address.", e);
        }
        catch (SocketException e)
        {
            throw new ZmtpException($"Nothing can listen at {endpoint} ({e.Message}); choose another address.", e);
        }

        try
        {
            File.Delete(endpoint.ToString()!);
            return Bind(endpoint);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new ZmtpException($"The file {endpoint} was left by a program that has ended, and cannot be replaced ({e.Message}).", e);
        }
    }

    private static Socket Bind(EndPoint endpoint)
    {
        var unix = endpoint is UnixDomainSocketEndPoint;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            // Elsewhere an address is one program's anyway, and can be had again while old connections are wound up.
            if (OperatingSystem.IsWindows())
                socket.ExclusiveAddressUse = true;
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A socket's file cannot be opened as a file; another file can, and is nothing that may be replaced. Opened for reading and
    // writing, a named pipe does not wait for its other end.
    private static bool IsLeftOver(EndPoint endpoint)
    {
        try
        {
            using var file = new FileStream(endpoint.ToString()!, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endpoint);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
