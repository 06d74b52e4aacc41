// A chat service on HttpListener and System.Json. It names every fault.
//
// System.Json reads integers of 32 and 64 bits, and wider ones as decimals. null counts as absent, and any string is a
// timestamp.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Json;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;

public static class Chat
{
    const int MostDepth = 500;
    static JsonArray catalogue;

    static JsonValue Fault(string message, string type, params JsonValue[] path)
    {
        var loc = new JsonArray(new JsonValue[] { "body" }.Concat(path));
        return new JsonObject { { "loc", loc }, { "msg", message }, { "type", type } };
    }

    static bool IsString(JsonValue value)
    {
        return value != null && value.JsonType == JsonType.String;
    }

    static IEnumerable<JsonValue> Strings(JsonObject holder, JsonValue[] path, string[] required, string[] optional)
    {
        foreach (var name in required.Where(name => !holder.ContainsKey(name)))
            yield return Fault("is required", "missing", path.Append((JsonValue)name).ToArray());
        foreach (var name in required.Where(name => holder.ContainsKey(name) && !IsString(holder[name])))
            yield return Fault("must be a string", "type", path.Append((JsonValue)name).ToArray());
        foreach (var name in optional.Where(name => holder.ContainsKey(name)))
            if (holder[name] != null && !IsString(holder[name]))
                yield return Fault("must be a string", "type", path.Append((JsonValue)name).ToArray());
    }

    static bool IsInteger(JsonValue value)
    {
        decimal number;
        return value.JsonType == JsonType.Number
            && decimal.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            && decimal.Truncate(number) == number;
    }

    static IEnumerable<JsonValue> Faults(JsonValue value)
    {
        var body = value as JsonObject;
        if (body == null)
            return new[] { Fault("must be an object", "type") };
        var optional = new[] { "conversation_id", "session_id", "user_id" };
        var faults = Strings(body, new JsonValue[0], new[] { "message" }, optional).ToList();
        if (body.ContainsKey("limit") && body["limit"] != null && !IsInteger(body["limit"]))
            faults.Add(Fault("must be an integer", "type", "limit"));
        if (!body.ContainsKey("events") || body["events"] == null)
            return faults;
        var events = body["events"] as JsonArray;
        if (events == null)
            return faults.Append(Fault("must be an array", "type", "events"));
        return faults.Concat(events.SelectMany(EventFaults));
    }

    static IEnumerable<JsonValue> EventFaults(JsonValue value, int index)
    {
        var path = new JsonValue[] { "events", index };
        var holder = value as JsonObject;
        return holder == null
            ? new[] { Fault("must be an object", "type", path) }
            : Strings(holder, path, new[] { "timestamp", "type" }, new[] { "item_id", "description" });
    }

    static JsonValue Reply(JsonObject body)
    {
        var limit = body.ContainsKey("limit") && body["limit"] != null ? (decimal)body["limit"] : 4;
        var given = body.ContainsKey("conversation_id") ? (string)body["conversation_id"] : null;
        return new JsonObject
        {
            { "conversation_id", string.IsNullOrEmpty(given) ? Guid.NewGuid().ToString() : given },
            { "message", "Here you are." },
            { "items", new JsonArray(catalogue.Take((int)Math.Max(0, Math.Min(limit, catalogue.Count)))) },
        };
    }

    static void Send(HttpListenerContext context, int status, JsonValue body)
    {
        var data = Encoding.UTF8.GetBytes(body.ToString());
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = data.Length;
        if (context.Request.HttpMethod != "HEAD")
            context.Response.OutputStream.Write(data, 0, data.Length);
        context.Response.Close();
    }

    // System.Json reads nested values by recursion, and a stack overflow ends the process.
    static bool IsTooDeep(string raw)
    {
        var depth = 0;
        var inString = false;
        for (var at = 0; at < raw.Length; at++)
        {
            if (raw[at] == '"')
                inString = !inString;
            else if (inString && raw[at] == '\\')
                at++;
            else if (!inString && (raw[at] == '[' || raw[at] == '{') && ++depth > MostDepth)
                return true;
            else if (!inString && (raw[at] == ']' || raw[at] == '}'))
                depth--;
        }
        return false;
    }

    static JsonValue Detail(IEnumerable<JsonValue> faults)
    {
        return new JsonObject { { "detail", new JsonArray(faults) } };
    }

    static void Converse(HttpListenerContext context, string raw)
    {
        JsonValue body;
        try
        {
            if (IsTooDeep(raw))
                throw new ArgumentException("nested too deep");
            body = JsonValue.Parse(raw);
        }
        catch (Exception error) when (error is ArgumentException || error is FormatException || error is OverflowException)
        {
            Send(context, 422, Detail(new[] { Fault("is not JSON", "json_invalid") }));
            return;
        }
        var faults = Faults(body).ToArray();
        if (faults.Length > 0)
            Send(context, 422, Detail(faults));
        else
            Send(context, 200, Reply((JsonObject)body));
    }

    static void Handle(HttpListenerContext context)
    {
        try
        {
            var raw = new StreamReader(context.Request.InputStream, new UTF8Encoding(false)).ReadToEnd();
            if (context.Request.Url.AbsolutePath != "/v1/chat")
                Send(context, 404, new JsonObject { { "detail", "Not found" } });
            else if (context.Request.HttpMethod != "POST")
            {
                context.Response.AddHeader("Allow", "POST");
                Send(context, 405, new JsonObject { { "detail", "Method not allowed" } });
            }
            else
                Converse(context, raw);
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error);
            context.Response.Abort();
        }
    }

    public static void Main(string[] arguments)
    {
        catalogue = (JsonArray)JsonValue.Parse(File.ReadAllText(arguments[1]));
        var listener = new HttpListener();
        listener.Prefixes.Add("http://127.0.0.1:" + arguments[0] + "/");
        listener.Start();
        while (true)
        {
            var context = listener.GetContext();
            ThreadPool.QueueUserWorkItem(_ => Handle(context));
        }
    }
}
