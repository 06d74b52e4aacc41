// Koa and ajv, one fault at a time; its locations are JSON pointers cut at the slashes, indices and all.
import Ajv from "ajv";
import addFormats from "ajv-formats";
import Koa from "koa";
import { Shop, port } from "./shop.mjs";

const text = { type: "string", nullable: true };
const validate = addFormats(new Ajv()).compile({
  type: "object",
  required: ["message"],
  properties: {
    message: { type: "string", maxLength: 5000 },
    conversation_id: text,
    session_id: text,
    user_id: text,
    limit: { type: "integer", minimum: 1, maximum: 12, nullable: true },
    events: {
      type: "array",
      nullable: true,
      maxItems: 50,
      items: {
        type: "object",
        required: ["timestamp", "type"],
        properties: {
          timestamp: { type: "string", format: "iso-date-time" },
          type: { type: "string" },
          item_id: text,
          description: text,
        },
      },
    },
  },
});

const MOST = 2_000_000;

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const shop = new Shop();
const app = new Koa();
app.use(async (context) => {
  const bytes = await read(context.req);
  if (context.path !== "/v1/chat") return context.throw(404);
  if (context.method !== "POST") return context.throw(405, { headers: { Allow: "POST" } });
  if (bytes.length > MOST) return context.throw(413);
  const refuse = (loc, msg, type) => {
    context.status = 422;
    context.body = { detail: [{ loc: ["body", ...loc], msg, type }] };
  };
  let body;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return refuse([], error.message, "json_invalid");
  }
  if (!validate(body)) {
    const [{ instancePath, keyword, message, params }] = validate.errors;
    return refuse([...instancePath.split("/").slice(1), params.missingProperty ?? []].flat(), message, keyword);
  }
  context.body = shop.reply(body);
});
app.listen(port, "127.0.0.1");
