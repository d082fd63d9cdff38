using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Tests.Kernel.Jupyter.Fuzz;

/// <summary>Sound requests of every kind, and ways to spoil one: in its JSON, or in the bytes that should be JSON.</summary>
internal static class MessageMutation
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "2147483648", "1e400", "\"\"", "\"\\ud800\"", "\"*\"", "[]", "{}", "[[[[]]]]", "{\"a\":{\"b\":[1]}}",
        "\"execute_request\"", "\"shutdown_request\"", "\"😀\"", "\"\\u0000\"", "99999999999999999999",
    ];

    private static readonly string[] Pieces = ["{", "}", "[", "]", "\"", ":", ",", "\\", "\0", "\ud83d\ude00", "1e9", "null", "\"msg_id\":", "/*", "\u00ff"];

    /// <summary>A request of each kind, as (type, content).</summary>
    public static IReadOnlyList<(string Type, string Content)> Sound { get; } =
    [
        ("kernel_info_request", "{}"),
        ("execute_request", "{\"code\":\"1\",\"silent\":false,\"store_history\":true,\"user_expressions\":{\"a\":\"b\"},\"allow_stdin\":true,\"stop_on_error\":true}"),
        ("execute_request", "{\"code\":\"fails\",\"silent\":false,\"store_history\":true,\"user_expressions\":{},\"allow_stdin\":false,\"stop_on_error\":true}"),
        ("complete_request", "{\"code\":\"😀 abc\",\"cursor_pos\":3}"),
        ("inspect_request", "{\"code\":\"abc\",\"cursor_pos\":2,\"detail_level\":1}"),
        ("is_complete_request", "{\"code\":\"for (;;) {\"}"),
        ("history_request", "{\"output\":true,\"raw\":true,\"hist_access_type\":\"search\",\"session\":0,\"start\":1,\"stop\":9,\"n\":5,\"pattern\":\"*a*\",\"unique\":true}"),
        ("history_request", "{\"output\":false,\"raw\":true,\"hist_access_type\":\"range\",\"session\":0,\"start\":1,\"stop\":9}"),
        ("comm_info_request", "{\"target_name\":\"t\"}"),
        ("comm_open", "{\"comm_id\":\"c\",\"target_name\":\"t\",\"data\":{}}"),
        ("comm_msg", "{\"comm_id\":\"c\",\"data\":{\"a\":[1]}}"),
        ("comm_close", "{\"comm_id\":\"c\",\"data\":{}}"),
        ("interrupt_request", "{}"),
        ("shutdown_request", "{\"restart\":true}"),
        ("input_reply", "{\"value\":\"v\"}"),
    ];

    /// <summary>The four JSON frames of a request, spoilt in one to three places.</summary>
    public static byte[][] Apply((string Type, string Content) sound, JsonObject header, Random random)
    {
        byte[][] parts = [.. new[] { header.ToJsonString(), "{\"msg_id\":\"parent\"}", "{}", sound.Content }.Select(Encoding.UTF8.GetBytes)];
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            // The content most often: a spoilt header is mostly dropped at the door.
            var frame = random.Next(3) > 0 ? 3 : random.Next(4);
            parts[frame] = random.Next(3) > 0 ? Json(parts[frame], random) : Bytes(parts[frame], random);
        }

        return parts;
    }

    private static byte[] Json(byte[] frame, Random random)
    {
        try
        {
            if (JsonNode.Parse(frame) is not JsonObject { Count: > 0 } root)
                return Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]);
            var name = root.ElementAt(random.Next(root.Count)).Key;
            switch (random.Next(4))
            {
                case 0:
                    root.Remove(name);
                    return Encoding.UTF8.GetBytes(root.ToJsonString());
                case 1:
                    // Twice the same name, as JSON allows.
                    return Encoding.UTF8.GetBytes($"{{{JsonSerializer.Serialize(name)}:{Values[random.Next(Values.Length)]},{root.ToJsonString()[1..]}");
                default:
                    root.Remove(name);
                    var rest = root.ToJsonString()[1..];
                    return Encoding.UTF8.GetBytes($"{{{JsonSerializer.Serialize(name)}:{Values[random.Next(Values.Length)]}{(root.Count > 0 ? "," : "")}{rest}");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return Bytes(frame, random);
        }
    }

    private static byte[] Bytes(byte[] frame, Random random)
    {
        var from = random.Next(frame.Length + 1);
        var to = Math.Min(frame.Length, from + random.Next(20));
        return random.Next(5) switch
        {
            0 => [.. frame[..from], .. frame[to..]],
            1 => [.. frame[..to], .. frame[from..]],
            2 => [.. frame[..from], .. Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]), .. frame[from..]],
            3 when frame.Length > 0 => [.. frame[..(from % frame.Length)], (byte)random.Next(256), .. frame[(from % frame.Length + 1)..]],
            _ => [.. Encoding.UTF8.GetBytes(new string('[', random.Next(200))), .. frame],
        };
    }
}
