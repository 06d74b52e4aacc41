// Fastify with the JSON Schema of its route; its validator's errors are put into FastAPI's shape.
import Fastify from "fastify";
import { Shop, port } from "./shop.mjs";

const text = { type: "string" };
const body = {
  type: "object",
  required: ["message"],
  properties: {
    message: { type: "string", minLength: 1, maxLength: 20000 },
    conversation_id: text,
    session_id: text,
    user_id: text,
    limit: { type: "integer", minimum: 0 },
    events: {
      type: "array",
      items: {
        type: "object",
        required: ["timestamp", "type"],
        properties: { timestamp: { type: "string", format: "date-time" }, type: text, item_id: text, description: text },
      },
    },
  },
};
const item = {
  type: "object",
  properties: { item_id: text, title: text, status: text, description: text, price: text },
};
const reply = {
  type: "object",
  required: ["conversation_id", "message", "items"],
  properties: { conversation_id: text, message: text, items: { type: "array", items: item } },
};

// A JSON pointer to a list; a step is an index where the value above it is an array.
function location(pointer, value) {
  const loc = [];
  for (const part of pointer.split("/").slice(1)) {
    const step = Array.isArray(value) ? Number(part) : part.replaceAll("~1", "/").replaceAll("~0", "~");
    loc.push(step);
    value = value[step];
  }
  return loc;
}

const shop = new Shop();
const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } } });

app.setErrorHandler((error, request, response) => {
  if (request.is404) return response.code(404).send({ detail: "Not Found" });
  if (error.validation) {
    const detail = error.validation.map(({ instancePath, keyword, message, params }) => ({
      loc: ["body", ...location(instancePath, request.body), ...(keyword === "required" ? [params.missingProperty] : [])],
      msg: message,
      type: keyword,
    }));
    return response.code(422).send({ detail });
  }
  if (error.statusCode === 400)
    return response.code(422).send({ detail: [{ loc: ["body"], msg: error.message, type: error.code ?? "syntax" }] });
  return response.code(error.statusCode ?? 500).send({ detail: error.message });
});

app.post("/v1/chat", { schema: { body, response: { 200: reply } } }, async (request) => shop.reply(request.body));
await app.listen({ port, host: "127.0.0.1" });
