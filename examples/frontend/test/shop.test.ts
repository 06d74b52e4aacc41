// Tests of the client against the mock. `chat-contract mock` serves it; CHAT_MOCK holds its URL.
import { beforeEach, describe, expect, it } from "vitest";
import { Conversation } from "../src/shop";

declare const process: { env: Record<string, string | undefined> };
const mock = process.env.CHAT_MOCK ?? "http://127.0.0.1:4010";

/** Sets the mock's rules for the next requests. */
async function setRules(...rules: object[]) {
  const response = await fetch(`${mock}/_mock/behaviour`, { method: "PUT", body: JSON.stringify({ rules }) });
  expect(response.status, await response.text()).toBe(200);
}

/** Returns the requests that the mock received, oldest first. */
async function receivedRequests(): Promise<{ request: { body: unknown }; status: number }[]> {
  return (await (await fetch(`${mock}/_mock/requests`)).json()).requests;
}

beforeEach(async () => {
  await fetch(`${mock}/_mock/reset`, { method: "POST" });
});

describe("a conversation", () => {
  it("keeps the conversation id of the first reply", async () => {
    const conversation = new Conversation(`${mock}/v1`);
    const first = await conversation.ask("Which desk would you recommend for heavy tools?", { limit: 2 });
    expect(first).toMatchObject({ kind: "reply" });
    expect(first.kind === "reply" && first.items.length).toBeLessThanOrEqual(2);
    const id = conversation.id;
    await conversation.ask("And a lamp?");
    expect(conversation.id).toBe(id);
    expect(await receivedRequests()).toHaveLength(2);
  });

  it("reports the field that a 422 names", async () => {
    const conversation = new Conversation(`${mock}/v1`);
    const turn = await conversation.ask("A desk", { limit: "two" as unknown as number });
    expect(turn).toEqual({ kind: "invalid", places: ["limit"] });
  });

  it("reports a 429, and continues after it", async () => {
    await setRules({ code: 429, times: 1 });
    const conversation = new Conversation(`${mock}/v1`);
    expect(await conversation.ask("A desk")).toMatchObject({ kind: "busy" });
    expect(await conversation.ask("A desk")).toMatchObject({ kind: "reply" });
  });

  it("reports a forced 422", async () => {
    await setRules({ code: 422, times: 1 });
    expect(await new Conversation(`${mock}/v1`).ask("A desk")).toMatchObject({ kind: "invalid" });
  });

  it.each(["drop", "truncate", "malformed", "empty"])("reports a failure after the fault %s", async (fault) => {
    await setRules({ fault, times: 1 });
    expect(await new Conversation(`${mock}/v1`).ask("A desk")).toEqual({ kind: "failed" });
  });
});
