// Fixtures for Vitest: `base.extend(chatMockFixtures)` adds `chatMock`, a space of the mock for each worker.
import { workerMock } from "./shared.js";

/** @typedef {{ chatMock: import("./client.js").ChatMock }} ChatMockFixtures */

/** @type {ReturnType<typeof workerMock> | undefined} */
let mine;

function ofThisWorker() {
  mine ??= workerMock(`vitest-${process.env.VITEST_POOL_ID ?? "1"}`);
  return mine;
}

/**
 * The fixture `chatMock`: reset before each test. A test that uses it fails if its client violates the contract, or if
 * no request uses a reply or failure that the test sets.
 */
export const chatMockFixtures = {
  /** @type {(context: {}, use: (mock: import("./client.js").ChatMock) => Promise<void>) => Promise<void>} */
  chatMock: async ({}, use) => {
    const { mock } = await ofThisWorker();
    await mock.reset();
    await use(mock);
    await mock.check();
  },
};
