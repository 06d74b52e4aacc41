// A page that sends a message and shows the reply.
import { Conversation } from "../src/shop";

const conversation = new Conversation("http://127.0.0.1:4010/v1");
const form = document.querySelector("form")!;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const turn = await conversation.ask(String(new FormData(form).get("message")));
  const shown = turn.kind === "reply" ? turn.message : turn.kind;
  document.querySelector("[role=status]")!.textContent = shown;
});
