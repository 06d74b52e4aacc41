// A client of the chat service. Its types are generated from the contract: `npm run types` writes chat.d.ts.
import createClient from "openapi-fetch";
import type { components, paths } from "./chat";

export type Item = components["schemas"]["Item"];
export type Event = components["schemas"]["Event"];

/** The result of one turn: a reply, or a failure to show to the shopper. */
export type Turn =
  | { kind: "reply"; message: string; items: Item[] }
  | { kind: "invalid"; places: string[] }
  | { kind: "busy"; seconds: number }
  | { kind: "failed" };

/** One conversation with the shop. It keeps the conversation id that the service returned. */
export class Conversation {
  #client;
  #id: string | undefined;

  constructor(baseUrl: string) {
    this.#client = createClient<paths>({ baseUrl });
  }

  get id(): string | undefined {
    return this.#id;
  }

  async ask(message: string, options: { events?: Event[]; limit?: number } = {}): Promise<Turn> {
    try {
      const { data, error, response } = await this.#client.POST("/chat", {
        body: { message, ...(this.#id === undefined ? {} : { conversation_id: this.#id }), ...options },
      });
      if (data !== undefined) {
        this.#id = data.conversation_id;
        return { kind: "reply", message: data.message, items: data.items };
      }
      if (response.status === 422) {
        return { kind: "invalid", places: (error?.detail ?? []).map((entry) => entry.loc.slice(1).join(".")) };
      }
      if (response.status === 429) {
        return { kind: "busy", seconds: Number(response.headers.get("Retry-After") ?? 1) };
      }
    } catch {
      // A lost connection and a body that is not JSON look the same to the shopper.
    }
    return { kind: "failed" };
  }
}
