// Damaged responses and lost connections.
import { expect, it } from "vitest";
import { Conversation } from "../src/shop";
import { baseUrl, receivedRequests, resetBeforeEach, setRules } from "./mock";

resetBeforeEach();

it.each(["drop", "truncate", "malformed", "empty", "close", "reset"])(
  "reports a failure after the fault %s",
  async (fault) => {
    await setRules({ fault, times: 1 });
    expect(await new Conversation(baseUrl).ask("A desk")).toEqual({ kind: "failed" });
  },
);

it("recovers after a lost connection", async () => {
  await setRules({ fault: "reset", times: 1 });
  const conversation = new Conversation(baseUrl);
  expect(await conversation.ask("A desk")).toEqual({ kind: "failed" });
  expect(await conversation.ask("A desk")).toMatchObject({ kind: "reply" });
  expect(await receivedRequests()).toHaveLength(2);
});
