// Hono with zod's strict objects: null welcome, unknown properties not, a bearer token demanded.
import { createHash, timingSafeEqual } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { z } from "zod";
import { Shop, port } from "./shop.mjs";

const optional = z.string().nullish();
const Event = z.strictObject({
  timestamp: z.union([z.iso.datetime({ offset: true, local: true }), z.number()]),
  type: z.string().min(1),
  item_id: optional,
  description: optional,
});
const ChatRequest = z.strictObject({
  message: z.string().min(1),
  conversation_id: optional,
  session_id: optional,
  user_id: optional,
  events: z.array(Event).nullish(),
  limit: z.union([z.int(), z.string().regex(/^\d{1,6}$/).transform(Number)]).nullish(),
});

const digest = (value) => createHash("sha256").update(value).digest();
const KEY = digest("hono-key-42");
const shop = new Shop();
const app = new Hono().basePath("/v1");

app.use(async (c, next) => {
  const [, token] = /^bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "") ?? [];
  if (token === undefined || !timingSafeEqual(digest(token), KEY))
    return c.json({ detail: "A valid key, please" }, 401, { "WWW-Authenticate": "Bearer" });
  return next();
});

// What zod says of unknown keys names the object: one entry for each of them instead.
const faults = ({ path, message, code, keys }) =>
  (keys ?? [null]).map((key) => ({ loc: ["body", ...path, ...(key === null ? [] : [key])], msg: message, type: code }));

app.post("/chat", async (c) => {
  let body;
  try {
    body = await c.req.json();
  } catch (error) {
    return c.json({ detail: [{ loc: ["body"], msg: error.message, type: "json_invalid" }] }, 422);
  }
  const parsed = ChatRequest.safeParse(body);
  if (!parsed.success) return c.json({ detail: parsed.error.issues.flatMap(faults) }, 422);
  return c.json(shop.reply(parsed.data));
});
app.notFound((c) => c.json({ detail: "Not Found" }, 404));

serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
