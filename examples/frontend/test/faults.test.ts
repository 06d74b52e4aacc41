// Damaged responses, lost connections, and a service that cannot be reached.
import { expect } from "vitest";
import { Conversation } from "../src/shop";
import { it } from "./test";

for (const fault of ["drop", "truncate", "malformed", "empty", "close", "reset"] as const) {
  it(`reports a failure after the fault ${fault}`, async ({ chatMock }) => {
    await chatMock.fail(fault);
    expect(await new Conversation(chatMock.url).ask("A desk")).toEqual({ kind: "failed" });
  });
}

it("recovers after a lost connection", async ({ chatMock }) => {
  await chatMock.fail("reset");
  const conversation = new Conversation(chatMock.url);
  expect(await conversation.ask("A desk")).toEqual({ kind: "failed" });
  expect(await conversation.ask("A desk")).toMatchObject({ kind: "reply" });
  await chatMock.assertCalled({ times: 2 });
});

it("reports a failure if connections are refused", async ({ chatMock }) => {
  expect(await new Conversation(await chatMock.deadUrl()).ask("A desk")).toEqual({ kind: "failed" });
  await chatMock.assertCalled({ times: 0 });
});
