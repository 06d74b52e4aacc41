// Tests of the frontend against the mock: `chat-contract mock` serves it, CHAT_MOCK says where.
import { beforeEach, describe, expect, it } from "vitest";
import { Conversation } from "../src/shop";

declare const process: { env: Record<string, string | undefined> };
const mock = process.env.CHAT_MOCK ?? "http://127.0.0.1:4010";

/** Tells the mock what to do with the next requests. */
async function behave(...rules: object[]) {
  const answer = await fetch(`${mock}/_mock/behaviour`, { method: "PUT", body: JSON.stringify({ rules }) });
  expect(answer.status, await answer.text()).toBe(200);
}

/** What the mock was sent, the latest last. */
async function sent(): Promise<{ request: { body: unknown }; status: number }[]> {
  return (await (await fetch(`${mock}/_mock/requests`)).json()).requests;
}

beforeEach(async () => {
  await fetch(`${mock}/_mock/reset`, { method: "POST" });
});

describe("a conversation", () => {
  it("goes on under the id that the service gave", async () => {
    const talk = new Conversation(`${mock}/v1`);
    const first = await talk.ask("Which desk would you recommend for heavy tools?", { limit: 2 });
    expect(first).toMatchObject({ kind: "answer" });
    expect(first.kind === "answer" && first.items.length).toBeLessThanOrEqual(2);
    const id = talk.id;
    await talk.ask("And a lamp?");
    expect(talk.id).toBe(id);
    expect(await sent()).toHaveLength(2);
  });

  it("shows where a request is wrong", async () => {
    const talk = new Conversation(`${mock}/v1`);
    const wrong = await talk.ask("A desk", { limit: "two" as unknown as number });
    expect(wrong).toEqual({ kind: "wrong", places: ["limit"] });
  });

  it("waits where the service is busy, and goes on afterwards", async () => {
    await behave({ code: 429, times: 1 });
    const talk = new Conversation(`${mock}/v1`);
    expect(await talk.ask("A desk")).toMatchObject({ kind: "busy" });
    expect(await talk.ask("A desk")).toMatchObject({ kind: "answer" });
  });

  it("survives a forced 422", async () => {
    await behave({ code: 422, times: 1 });
    expect(await new Conversation(`${mock}/v1`).ask("A desk")).toMatchObject({ kind: "wrong" });
  });

  it.each(["drop", "truncate", "malformed", "empty"])("survives an answer that goes wrong: %s", async (fault) => {
    await behave({ fault, times: 1 });
    expect(await new Conversation(`${mock}/v1`).ask("A desk")).toEqual({ kind: "broken" });
  });
});
