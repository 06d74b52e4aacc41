# A chat service on WEBrick and the json of the standard library. It names every fault.
#
# JSON.parse reads comments, nests at most 100 deep, reads integers of any size and takes the last of two equal keys.
# Time.iso8601 reads the timestamps, which here must have an offset. A nil counts as absent.
require "json"
require "securerandom"
require "time"
require "webrick"

CATALOGUE = JSON.parse(File.read(ARGV[1], encoding: "UTF-8"))
OPTIONAL = %w[conversation_id session_id user_id].freeze

def fault(loc, msg, type)
  { loc: ["body", *loc], msg: msg, type: type }
end

def string_faults(holder, loc, required, optional)
  found = required.reject { |name| holder[name].is_a?(String) }.map do |name|
    holder.key?(name) ? fault([*loc, name], "is not a string", "type") : fault([*loc, name], "is missing", "missing")
  end
  found + optional.reject { |name| holder[name].nil? || holder[name].is_a?(String) }
                  .map { |name| fault([*loc, name], "is not a string", "type") }
end

def event_faults(event, index)
  return [fault(["events", index], "is not an object", "type")] unless event.is_a?(Hash)

  found = string_faults(event, ["events", index], %w[timestamp type], %w[item_id description])
  return found unless event["timestamp"].is_a?(String)

  begin
    Time.iso8601(event["timestamp"])
  rescue ArgumentError => e
    found << fault(["events", index, "timestamp"], e.message, "date_time")
  end
  found
end

def faults(body)
  return [fault([], "is not an object", "type")] unless body.is_a?(Hash)

  found = string_faults(body, [], %w[message], OPTIONAL)
  found << fault(["limit"], "is not an integer", "type") unless body["limit"].nil? || body["limit"].is_a?(Integer)
  events = body["events"]
  return found if events.nil?
  return found << fault(["events"], "is not an array", "type") unless events.is_a?(Array)

  found + events.each_with_index.flat_map { |event, index| event_faults(event, index) }
end

def reply(body)
  given = body["conversation_id"]
  limit = [body["limit"] || 4, 0].max
  id = given.nil? || given.empty? ? SecureRandom.uuid : given
  { conversation_id: id, message: "Voilà.", items: CATALOGUE.first([limit, CATALOGUE.size].min) }
end

def respond(raw)
  body = JSON.parse(raw)
  found = faults(body)
  return [422, JSON.generate(detail: found)] unless found.empty?

  [200, JSON.generate(reply(body))]
rescue JSON::JSONError, EncodingError => e
  [422, JSON.generate(detail: [fault([], e.message.scrub[0, 80], "json_invalid")])]
end

# WEBrick itself refuses other methods without an Allow header, and other paths without reading the body, which resets
# the connection.
class Chat < WEBrick::HTTPServlet::AbstractServlet
  def service(request, response)
    raw = (request.body || "").dup.force_encoding("UTF-8")
    return response.status = 404 unless request.path == "/v1/chat"
    return refuse(response) unless request.request_method == "POST"

    response.status, response.body = respond(raw)
    response.content_type = "application/json"
  end

  def refuse(response)
    response.status = 405
    response["Allow"] = "POST"
  end
end

quiet = { Logger: WEBrick::Log.new(File::NULL), AccessLog: [] }
server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: ARGV[0].to_i, **quiet)
server.mount("/", Chat)
trap("TERM") { server.shutdown }
server.start
