// Talks to the chat service. Its types come from the contract: `npm run types` writes chat.d.ts anew.
import createClient from "openapi-fetch";
import type { components, paths } from "./chat";

export type Item = components["schemas"]["Item"];
export type Event = components["schemas"]["Event"];

/** What a turn came to: an answer, or something to show the shopper instead. */
export type Turn =
  | { kind: "answer"; message: string; items: Item[] }
  | { kind: "wrong"; places: string[] }
  | { kind: "busy"; seconds: number }
  | { kind: "broken" };

/** One conversation with the shop; it remembers the id that the service gave it. */
export class Conversation {
  #client;
  #id: string | undefined;

  constructor(baseUrl: string) {
    this.#client = createClient<paths>({ baseUrl });
  }

  get id(): string | undefined {
    return this.#id;
  }

  async ask(message: string, more: { events?: Event[]; limit?: number } = {}): Promise<Turn> {
    try {
      const { data, error, response } = await this.#client.POST("/chat", {
        body: { message, ...(this.#id === undefined ? {} : { conversation_id: this.#id }), ...more },
      });
      if (data !== undefined) {
        this.#id = data.conversation_id;
        return { kind: "answer", message: data.message, items: data.items };
      }
      if (response.status === 422) {
        return { kind: "wrong", places: (error?.detail ?? []).map((entry) => entry.loc.slice(1).join(".")) };
      }
      if (response.status === 429) {
        return { kind: "busy", seconds: Number(response.headers.get("Retry-After") ?? 1) };
      }
    } catch {
      // No connection, or an answer that is no JSON: for the shopper it is all the same.
    }
    return { kind: "broken" };
  }
}
