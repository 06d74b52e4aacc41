// A chat service on cpp-httplib and nlohmann/json. It names the first fault only.
//
// nlohmann/json is strict, nests without a limit and reads integers outside of 64 bits as numbers with a fraction.
// Any string or number is a timestamp. null is refused.

#include <cmath>
#include <fstream>
#include <httplib.h>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

using nlohmann::json;

struct Fault {
    json loc;
    std::string message;
    std::string type;
};

static void need_string(const json& holder, const json& path, const std::string& name, bool required) {
    json loc = path;
    loc.push_back(name);
    auto found = holder.find(name);
    if (found == holder.end()) {
        if (required) throw Fault{loc, "is required", "missing"};
    } else if (!found->is_string()) {
        throw Fault{loc, "must be a string", "type"};
    }
}

static void check_event(const json& event, const json& path) {
    if (!event.is_object()) throw Fault{path, "must be an object", "type"};
    json loc = path;
    loc.push_back("timestamp");
    if (!event.contains("timestamp")) throw Fault{loc, "is required", "missing"};
    if (!event["timestamp"].is_string() && !event["timestamp"].is_number()) throw Fault{loc, "is not a time", "type"};
    need_string(event, path, "type", true);
    need_string(event, path, "item_id", false);
    need_string(event, path, "description", false);
}

static bool is_integral(const json& value) {
    return value.is_number_integer() || (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
}

static void check(const json& body) {
    const json root = {"body"};
    if (!body.is_object()) throw Fault{root, "must be an object", "type"};
    need_string(body, root, "message", true);
    for (const char* name : {"conversation_id", "session_id", "user_id"}) need_string(body, root, name, false);
    if (body.contains("limit")) {
        const json& limit = body["limit"];
        if (!is_integral(limit)) throw Fault{{"body", "limit"}, "must be an integer", "type"};
        if (limit.get<double>() < 0) throw Fault{{"body", "limit"}, "must not be negative", "minimum"};
    }
    if (!body.contains("events")) return;
    if (!body["events"].is_array()) throw Fault{{"body", "events"}, "must be an array", "type"};
    for (size_t index = 0; index < body["events"].size(); ++index) {
        check_event(body["events"][index], {"body", "events", index});
    }
}

static std::string new_id() {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    std::ostringstream id;
    id << std::hex << std::setfill('0') << std::setw(16) << random() << std::setw(16) << random();
    return id.str();
}

static json reply(const json& body, const json& catalogue) {
    const double limit = std::min(body.contains("limit") ? body["limit"].get<double>() : 4.0, double(catalogue.size()));
    const std::string given = body.value("conversation_id", "");
    const json items(catalogue.begin(), catalogue.begin() + static_cast<long>(limit));
    return {{"conversation_id", given.empty() ? new_id() : given}, {"message", "Here you are."}, {"items", items}};
}

static void respond(const std::string& raw, httplib::Response& response, const json& catalogue) {
    try {
        const json body = json::parse(raw);
        check(body);
        response.set_content(reply(body, catalogue).dump(), "application/json");
    } catch (const json::parse_error& error) {
        const json detail = {{{"loc", {"body", error.byte}}, {"msg", "not JSON"}, {"type", "json_invalid"}}};
        response.status = 422;
        response.set_content(json{{"detail", detail}}.dump(), "application/json");
    } catch (const Fault& fault) {
        const json detail = {{{"loc", fault.loc}, {"msg", fault.message}, {"type", fault.type}}};
        response.status = 422;
        response.set_content(json{{"detail", detail}}.dump(), "application/json");
    }
}

int main(int, char** arguments) {
    json catalogue;
    std::ifstream(arguments[2]) >> catalogue;
    httplib::Server server;
    server.Post("/v1/chat", [&](const httplib::Request& request, httplib::Response& response) {
        respond(request.body, response, catalogue);
    });
    const auto refuse = [](const httplib::Request&, httplib::Response& response) {
        response.status = 405;
        response.set_header("Allow", "POST");
    };
    server.Get("/v1/chat", refuse);
    server.Put("/v1/chat", refuse);
    server.Patch("/v1/chat", refuse);
    server.Delete("/v1/chat", refuse);
    server.Options("/v1/chat", refuse);
    return server.listen("127.0.0.1", std::stoi(arguments[1])) ? 0 : 1;
}
