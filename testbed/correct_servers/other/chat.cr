# A chat service on Crystal's HTTP::Server and JSON. It names every fault.
#
# JSON.parse reads integers of 64 bits only: a larger one anywhere makes the whole body unreadable. It nests at most 512
# deep and takes the last of two equal keys. Time::Format::RFC_3339 reads the timestamps.
require "http/server"
require "json"
require "uuid"

CATALOGUE = JSON.parse(File.read(ARGV[1])).as_a

alias Step = String | Int32

record Fault, loc : Array(Step), msg : String, type : String do
  include JSON::Serializable
end

def fault(path : Array(Step), msg : String, type : String) : Fault
  Fault.new(["body"] of Step + path, msg, type)
end

def string_faults(holder : Hash(String, JSON::Any), path, required, optional) : Array(Fault)
  faults = [] of Fault
  required.each do |name|
    if !holder.has_key?(name)
      faults << fault(path + [name] of Step, "is missing", "missing")
    elsif holder[name].as_s?.nil?
      faults << fault(path + [name] of Step, "is not a String", "type")
    end
  end
  optional.each do |name|
    value = holder[name]?
    next if value.nil? || value.as_s? || value.raw.nil?
    faults << fault(path + [name] of Step, "is not a String", "type")
  end
  faults
end

def event_faults(event : JSON::Any, index : Int32) : Array(Fault)
  path = ["events", index] of Step
  fields = event.as_h?
  return [fault(path, "is not an object", "type")] if fields.nil?
  faults = string_faults(fields, path, %w[timestamp type], %w[item_id description])
  if timestamp = fields["timestamp"]?.try &.as_s?
    begin
      Time::Format::RFC_3339.parse(timestamp.upcase)
    rescue Time::Format::Error | Time::Location::InvalidTimezoneOffsetError | ArgumentError
      faults << fault(path + ["timestamp"] of Step, "is not a time", "time")
    end
  end
  faults
end

def faults_of(body : JSON::Any) : Array(Fault)
  fields = body.as_h?
  return [fault([] of Step, "is not an object", "type")] if fields.nil?
  faults = string_faults(fields, [] of Step, %w[message], %w[conversation_id session_id user_id])
  if limit = fields["limit"]?
    faults << fault(["limit"] of Step, "is not an Int64 from 0 on", "type") unless limit.as_i64?.try(&.>=(0))
  end
  if events = fields["events"]?
    if list = events.as_a?
      list.each_with_index { |event, index| faults.concat(event_faults(event, index)) }
    else
      faults << fault(["events"] of Step, "is not an Array", "type")
    end
  end
  faults
end

def reply(body : JSON::Any)
  given = body["conversation_id"]?.try(&.as_s?) || ""
  limit = body["limit"]?.try(&.as_i64?) || 4_i64
  {
    conversation_id: given.empty? ? UUID.random.to_s : given,
    message:         "Here you are.",
    items:           CATALOGUE.first(Math.min(limit, CATALOGUE.size.to_i64).to_i32),
  }
end

def chat(raw : String) : {Int32, String}
  body = JSON.parse(raw)
  faults = faults_of(body)
  faults.empty? ? {200, reply(body).to_json} : {422, {detail: faults}.to_json}
rescue error : JSON::ParseException | ArgumentError | OverflowError
  {422, {detail: [fault([] of Step, "is not JSON", "json_invalid")]}.to_json}
end

# Crystal decodes the body as its charset says, and knows no unknown one. A body that is left unread resets a connection.
def read(request : HTTP::Request) : String?
  raw = request.body.try(&.gets_to_end) || ""
  raw if raw.valid_encoding?
rescue ArgumentError
  nil
end

server = HTTP::Server.new do |context|
  request, response = context.request, context.response
  raw = read(request)
  response.content_type = "application/json"
  if request.path != "/v1/chat"
    response.status_code = 404
    response.print %({"detail": "Not found"})
  elsif request.method != "POST"
    response.status_code = 405
    response.headers["Allow"] = "POST"
    response.print %({"detail": "Method not allowed"}) unless request.method == "HEAD"
  elsif raw.nil?
    response.status_code = 422
    response.print({detail: [fault([] of Step, "is not UTF-8", "encoding")]}.to_json)
  else
    response.status_code, text = chat(raw)
    response.print text
  end
end
server.listen("127.0.0.1", ARGV[0].to_i)
