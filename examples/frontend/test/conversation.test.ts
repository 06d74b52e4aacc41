// A conversation with the shop, over several turns.
import { expect, it } from "vitest";
import { Conversation } from "../src/shop";
import { baseUrl, receivedRequests, resetBeforeEach, setRules } from "./mock";

resetBeforeEach();

it("keeps the conversation id of the first reply", async () => {
  const conversation = new Conversation(baseUrl);
  const first = await conversation.ask("Which desk would you recommend for heavy tools?", { limit: 2 });
  expect(first).toMatchObject({ kind: "reply" });
  expect(first.kind === "reply" && first.items.length).toBeLessThanOrEqual(2);
  const id = conversation.id;
  await conversation.ask("And a lamp?");
  expect(conversation.id).toBe(id);
  expect(await receivedRequests()).toHaveLength(2);
});

it("shows the reply that the test sets", async () => {
  await setRules({ reply: { message: "This one.", items: [{ item_id: "X1" }] }, times: 1 });
  const turn = await new Conversation(baseUrl).ask("A desk");
  expect(turn).toEqual({ kind: "reply", message: "This one.", items: [{ item_id: "X1" }] });
});

it("sends only the requests of its own worker to its space", async () => {
  const conversation = new Conversation(baseUrl);
  for (let turn = 0; turn < 5; turn++) await conversation.ask(`Turn ${turn}`);
  const messages = (await receivedRequests()).map(({ request }) => (request.body as { message: string }).message);
  expect(messages).toEqual(["Turn 0", "Turn 1", "Turn 2", "Turn 3", "Turn 4"]);
});
