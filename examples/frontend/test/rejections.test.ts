// Rejections that the client reports to the shopper.
import { expect } from "vitest";
import { Conversation } from "../src/shop";
import { it } from "./test";

it("reports the field that a 422 names", async ({ chatMock }) => {
  chatMock.allowViolations();
  const turn = await new Conversation(chatMock.url).ask("A desk", { limit: "two" as unknown as number });
  expect(turn).toEqual({ kind: "invalid", places: ["limit"] });
});

it("reports a 429, and continues after it", async ({ chatMock }) => {
  await chatMock.fail(429, { headers: { "Retry-After": "7" } });
  const conversation = new Conversation(chatMock.url);
  expect(await conversation.ask("A desk")).toEqual({ kind: "busy", seconds: 7 });
  expect(await conversation.ask("A desk")).toMatchObject({ kind: "reply" });
  expect((await chatMock.requests()).map(({ status }) => status)).toEqual([429, 200]);
});

it("reports a forced 422", async ({ chatMock }) => {
  await chatMock.fail(422);
  expect(await new Conversation(chatMock.url).ask("A desk")).toMatchObject({ kind: "invalid" });
});
