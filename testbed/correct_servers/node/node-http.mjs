// No framework at all: lenient about numbers and null, and the first fault ends the check.
import { createServer } from "node:http";
import { Shop, port } from "./shop.mjs";

class Refusal extends Error {
  constructor(loc, msg, type) {
    super(msg);
    this.fault = { loc: ["body", ...loc], msg, type };
  }
}

const shop = new Shop();
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const absent = (value) => value === undefined || value === null;

function text(holder, name, at, required = false) {
  if (required && !Object.hasOwn(holder, name)) throw new Refusal([...at, name], "Field required", "missing");
  if (!required && absent(holder[name])) return undefined;
  if (typeof holder[name] !== "string") throw new Refusal([...at, name], "Not a string", "string_type");
  return holder[name];
}

function count(value) {
  if (absent(value)) return 4;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string" && /^\s*[+-]?[0-9]+\s*$/.test(value)) return Number(value);
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new Refusal(["limit"], "Not an integer", "int_type");
}

function check(body) {
  if (!isObject(body)) throw new Refusal([], "Not an object", "object_type");
  const message = text(body, "message", [], true);
  for (const name of ["session_id", "user_id"]) text(body, name, []);
  const events = absent(body.events) ? [] : body.events;
  if (!Array.isArray(events)) throw new Refusal(["events"], "Not an array", "list_type");
  events.forEach((event, index) => {
    const at = ["events", index];
    if (!isObject(event)) throw new Refusal(at, "Not an object", "object_type");
    if (typeof event.timestamp !== "number" && Number.isNaN(Date.parse(text(event, "timestamp", at, true))))
      throw new Refusal([...at, "timestamp"], "Not a date", "datetime_parsing");
    text(event, "type", at, true);
    for (const name of ["item_id", "description"]) text(event, name, at);
  });
  return { message, conversation_id: text(body, "conversation_id", []), events, limit: count(body.limit) };
}

function send(response, status, value, headers = {}) {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length, ...headers });
  response.end(body);
}

function answer(bytes, response) {
  let body;
  try {
    body = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    return send(response, 422, { detail: [{ loc: ["body"], msg: error.message, type: "json_invalid" }] });
  }
  try {
    return send(response, 200, shop.reply(check(body)));
  } catch (error) {
    if (error instanceof Refusal) return send(response, 422, { detail: [error.fault] });
    console.error(error);
    return send(response, 500, { detail: "Internal Server Error" });
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url.split("?")[0] !== "/v1/chat") return send(response, 404, { detail: "Not Found" });
    if (request.method !== "POST") return send(response, 405, { detail: "Method Not Allowed" }, { Allow: "POST" });
    return answer(Buffer.concat(chunks), response);
  });
});
server.listen(port, "127.0.0.1");
