// Express with a zod schema.
import express from "express";
import { z } from "zod";
import { Shop, port } from "./shop.mjs";

const Event = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  type: z.string(),
  item_id: z.string().optional(),
  description: z.string().optional(),
});
const ChatRequest = z.object({
  message: z.string(),
  conversation_id: z.string().optional(),
  session_id: z.string().optional(),
  user_id: z.string().optional(),
  events: z.array(Event).max(500).optional(),
  limit: z.number().int().min(0).max(100).optional(),
});

const shop = new Shop();
const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "2mb" }));

app.post("/v1/chat", (request, response) => {
  const parsed = ChatRequest.safeParse(request.body);
  if (parsed.success) return response.json(shop.reply(parsed.data));
  const detail = parsed.error.issues.map((issue) => ({
    loc: ["body", ...issue.path],
    msg: issue.message,
    type: issue.code,
  }));
  return response.status(422).json({ detail });
});

app.use((request, response) => response.status(404).json({ detail: "Not Found" }));

// Four parameters make it Express's error handler.
app.use((error, request, response, _next) => {
  if (error.type === "entity.parse.failed")
    return response.status(422).json({ detail: [{ loc: ["body"], msg: error.message, type: "json_invalid" }] });
  return response.status(error.status ?? 500).json({ detail: error.message });
});

app.listen(port, "127.0.0.1");
