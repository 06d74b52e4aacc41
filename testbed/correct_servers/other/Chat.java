// A chat service on the JDK's HTTP server and Jackson, in two phases as in Spring: binding, then constraints.
//
// Binding stops at the first wrong type; the constraints name every missing field. Jackson leaves what follows a value
// unread and takes the last of two equal keys. A limit is an int, and a string of digits is one too.

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;

public class Chat {
    public static class Event {
        public String timestamp;
        public String type;
        public String item_id;
        public String description;
    }

    public static class ChatRequest {
        public String message;
        public String conversation_id;
        public String session_id;
        public String user_id;
        public List<Event> events;
        public Integer limit;
    }

    record Fault(List<Object> loc, String msg, String type) {}

    static final ObjectMapper MAPPER = mapper();
    static List<Map<String, Object>> catalogue;

    static ObjectMapper mapper() {
        ObjectMapper mapper = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .build();
        for (var shape : List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
            mapper.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
        }
        mapper.coercionConfigFor(LogicalType.Integer).setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
        return mapper;
    }

    static Fault fault(String msg, String type, Object... path) {
        List<Object> loc = new ArrayList<>(List.of("body"));
        loc.addAll(List.of(path));
        return new Fault(loc, msg, type);
    }

    static Fault of(JsonMappingException error) {
        Object[] path = error.getPath().stream()
            .map(step -> step.getFieldName() == null ? (Object) step.getIndex() : step.getFieldName())
            .toArray();
        return fault(error.getOriginalMessage(), "type_mismatch", path);
    }

    static List<Fault> faultsOf(ChatRequest request) {
        List<Fault> faults = new ArrayList<>();
        if (request == null) {
            return List.of(fault("must be an object", "type_mismatch"));
        }
        if (request.message == null) {
            faults.add(fault("must not be null", "missing", "message"));
        }
        int index = 0;
        for (Event event : request.events == null ? List.<Event>of() : request.events) {
            faults.addAll(faultsOf(event, index++));
        }
        if (request.limit != null && request.limit < 0) {
            faults.add(fault("must be greater than or equal to 0", "min", "limit"));
        }
        return faults;
    }

    static List<Fault> faultsOf(Event event, int index) {
        if (event == null) {
            return List.of(fault("must not be null", "missing", "events", index));
        }
        List<Fault> faults = new ArrayList<>();
        if (event.timestamp == null) {
            faults.add(fault("must not be null", "missing", "events", index, "timestamp"));
        } else {
            try {
                OffsetDateTime.parse(event.timestamp);
            } catch (DateTimeException error) {
                faults.add(fault(error.getMessage(), "date_time", "events", index, "timestamp"));
            }
        }
        if (event.type == null) {
            faults.add(fault("must not be null", "missing", "events", index, "type"));
        }
        return faults;
    }

    static Map<String, Object> reply(ChatRequest request) {
        boolean fresh = request.conversation_id == null || request.conversation_id.isEmpty();
        int limit = request.limit == null ? 4 : request.limit;
        return Map.of(
            "conversation_id", fresh ? UUID.randomUUID().toString() : request.conversation_id,
            "message", "Here you are.",
            "items", catalogue.subList(0, Math.min(limit, catalogue.size())));
    }

    static void send(HttpExchange exchange, int status, Object body) throws IOException {
        byte[] data = MAPPER.writeValueAsBytes(body);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, head ? -1 : data.length);
        if (!head) {
            exchange.getResponseBody().write(data);
        }
    }

    static void respond(HttpExchange exchange, byte[] body) throws IOException {
        List<Fault> faults;
        ChatRequest request = null;
        try {
            request = MAPPER.readValue(body, ChatRequest.class);
            faults = faultsOf(request);
        } catch (JsonMappingException error) {
            faults = List.of(of(error));
        } catch (IOException error) {
            faults = List.of(fault(String.valueOf(error.getMessage()), "json_invalid"));
        }
        if (faults.isEmpty()) {
            send(exchange, 200, reply(request));
        } else {
            send(exchange, 422, Map.of("detail", faults));
        }
    }

    static void handle(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals("/v1/chat")) {
                send(exchange, 404, Map.of("detail", "Not found"));
            } else if (!exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Allow", "POST");
                send(exchange, 405, Map.of("detail", "Method not allowed"));
            } else {
                respond(exchange, body);
            }
        }
    }

    public static void main(String[] arguments) throws IOException {
        catalogue = MAPPER.readValue(new File(arguments[1]), new TypeReference<>() {});
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 0);
        server.createContext("/", Chat::handle);
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }
}
