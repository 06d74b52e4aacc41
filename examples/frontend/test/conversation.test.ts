// A conversation with the shop, over several turns.
import { expect } from "vitest";
import { Conversation } from "../src/shop";
import { it } from "./test";

it("keeps the conversation id of the first reply", async ({ chatMock }) => {
  const conversation = new Conversation(chatMock.url);
  const first = await conversation.ask("Which desk would you recommend for heavy tools?", { limit: 2 });
  expect(first).toMatchObject({ kind: "reply" });
  expect(first.kind === "reply" && first.items.length).toBeLessThanOrEqual(2);
  const id = conversation.id;
  await conversation.ask("And a lamp?");
  expect(conversation.id).toBe(id);
  await chatMock.assertCalled({ times: 2 });
});

it("shows the reply that the test sets", async ({ chatMock }) => {
  await chatMock.reply("This one.", [{ item_id: "X1" }]);
  const turn = await new Conversation(chatMock.url).ask("A desk");
  expect(turn).toEqual({ kind: "reply", message: "This one.", items: [{ item_id: "X1" }] });
});

it("sends only the requests of its own worker to its space", async ({ chatMock }) => {
  const conversation = new Conversation(chatMock.url);
  for (let turn = 0; turn < 5; turn++) await conversation.ask(`Turn ${turn}`);
  const messages = (await chatMock.requests()).map(({ request }) => (request.body as { message: string }).message);
  expect(messages).toEqual(["Turn 0", "Turn 1", "Turn 2", "Turn 3", "Turn 4"]);
});
