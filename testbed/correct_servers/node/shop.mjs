// What every Node implementation sells: the catalogue, a memory of conversations, and replies to both.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

export const CATALOGUE = JSON.parse(readFileSync(new URL("../catalogue.json", import.meta.url), "utf8"));

const words = (text) => new Set((text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length > 2));

export class Shop {
  #turns = new Map();

  knows(id) {
    return this.#turns.has(id);
  }

  pick(message, limit, viewed = []) {
    const asked = words(message);
    const seen = new Set(viewed);
    const score = (item) =>
      [...words(`${item.title} ${item.description}`)].filter((word) => asked.has(word)).length +
      (seen.has(item.item_id) ? 2 : 0);
    return CATALOGUE.map((item) => ({ item, score: score(item) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, Math.max(0, limit))
      .map(({ item }) => item);
  }

  // One turn: an id that is given is kept, and none (or an empty one) gets a fresh one.
  reply({ message, conversation_id, limit, events }) {
    const id = conversation_id || randomUUID();
    const turn = (this.#turns.get(id) ?? 0) + 1;
    this.#turns.set(id, turn);
    const items = this.pick(message, limit ?? 4, (events ?? []).map((event) => event.item_id));
    const text = items.length === 0 ? "Nothing fits — could you say more?" : turn === 1 ? "Voilà, our ideas." : "And these?";
    return { conversation_id: id, message: text, items };
  }
}

export const port = Number(process.argv[2]);
