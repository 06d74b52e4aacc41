// Fixtures for Playwright: `base.extend(chatMockFixtures)` adds `chatMock`, a space of the mock for each worker.
import { workerMock } from "./shared.js";

/** @typedef {import("./client.js").ChatMock} ChatMock */
/** @typedef {{ chatMock: ChatMock, chatMockReplaces: string | undefined }} ChatMockFixtures */
/** @typedef {{ chatMockOfWorker: ChatMock }} ChatMockWorkerFixtures */
/** @typedef {{ request(): { url(): string }, continue(changes: { url: string }): Promise<unknown> }} Route */
/** @typedef {{ route(matches: (url: URL) => boolean, handle: (route: Route) => unknown): Promise<unknown> }} Context */
/** @template T @typedef {(value: T) => Promise<void>} Use */

/**
 * The fixtures `chatMock`, reset before each test, and `chatMockReplaces`, an option. A test fails if its page
 * violates the contract, or if no request uses a reply or failure that the test sets.
 *
 * `chatMockReplaces` is the base URL that the page uses for the service; requests to it go to the worker's space.
 * Without it, the page must use `chatMock.url`.
 */
export const chatMockFixtures = {
  /** @type {[string | undefined, { option: true }]} */
  chatMockReplaces: [undefined, { option: true }],
  /** @type {[(given: {}, use: Use<ChatMock>, info: { parallelIndex: number }) => Promise<void>, { scope: "worker" }]} */
  chatMockOfWorker: [
    async ({}, use, info) => {
      const { mock, stop } = await workerMock(`playwright-${info.parallelIndex}`);
      await use(mock);
      await stop();
    },
    { scope: "worker" },
  ],
  /**
   * @type {[(given: { chatMockOfWorker: ChatMock, chatMockReplaces: string | undefined, context: Context },
   *   use: Use<ChatMock>) => Promise<void>, { auto: true }]}
   */
  chatMock: [
    async ({ chatMockOfWorker: mock, chatMockReplaces, context }, use) => {
      await mock.reset();
      if (chatMockReplaces !== undefined) await redirect(context, chatMockReplaces, mock.url);
      await use(mock);
      await mock.check();
    },
    { auto: true },
  ],
};

/** @type {(context: Context, from: string, to: string) => Promise<void>} */
async function redirect(context, from, to) {
  const start = from.replace(/\/+$/, "");
  await context.route(
    (url) => url.href.startsWith(`${start}/`),
    (route) => route.continue({ url: to + route.request().url().slice(start.length) }),
  );
}
