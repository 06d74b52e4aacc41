// A page on another port than the mock. The page's base URL is that of the mock by default; its requests go to the
// space of the worker.
import { chatMockFixtures, type ChatMockFixtures, type ChatMockWorkerFixtures } from "@chat-contract/mock/playwright";
import { test as base, expect, type Page } from "@playwright/test";

const test = base.extend<ChatMockFixtures, ChatMockWorkerFixtures>(chatMockFixtures);
test.use({ chatMockReplaces: "http://127.0.0.1:4010/v1" });

async function send(page: Page, message: string) {
  await page.goto("/");
  await page.getByLabel("Message").fill(message);
  await page.getByRole("button").click();
}

test("shows the reply", async ({ page, chatMock }) => {
  await chatMock.reply("This one.", [{ item_id: "X1" }]);
  await send(page, "A lamp");
  await expect(page.getByRole("status")).toHaveText("This one.");
  await chatMock.assertCalled({ message: "A lamp", times: 1 });
});

for (const [failure, shown] of [[429, "busy"], [503, "failed"], ["reset", "failed"], ["truncate", "failed"]] as const) {
  test(`shows ${shown} after ${failure}`, async ({ page, chatMock }) => {
    await chatMock.fail(failure);
    await send(page, "A lamp");
    await expect(page.getByRole("status")).toHaveText(shown);
  });
}

test("reaches the mock without a redirection too", async ({ page, chatMock }) => {
  await page.goto("/");
  const status = await page.evaluate(async (url) => {
    const body = JSON.stringify({ message: "A lamp" });
    return (await fetch(`${url}/chat`, { method: "POST", body, headers: { "Content-Type": "application/json" } })).status;
  }, chatMock.url);
  expect(status).toBe(200);
  await chatMock.assertCalled({ times: 1, verdict: "valid" });
});
