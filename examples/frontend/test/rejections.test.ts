// Rejections that the client reports to the shopper.
import { expect, it } from "vitest";
import { Conversation } from "../src/shop";
import { baseUrl, receivedRequests, resetBeforeEach, setRules } from "./mock";

resetBeforeEach();

it("reports the field that a 422 names", async () => {
  const turn = await new Conversation(baseUrl).ask("A desk", { limit: "two" as unknown as number });
  expect(turn).toEqual({ kind: "invalid", places: ["limit"] });
});

it("reports a 429, and continues after it", async () => {
  await setRules({ code: 429, times: 1 });
  const conversation = new Conversation(baseUrl);
  expect(await conversation.ask("A desk")).toMatchObject({ kind: "busy" });
  expect(await conversation.ask("A desk")).toMatchObject({ kind: "reply" });
  expect((await receivedRequests()).map(({ status }) => status)).toEqual([429, 200]);
});

it("reports a forced 422", async () => {
  await setRules({ code: 422, times: 1 });
  expect(await new Conversation(baseUrl).ask("A desk")).toMatchObject({ kind: "invalid" });
});
