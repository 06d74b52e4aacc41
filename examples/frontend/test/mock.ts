// The mock in tests. `chat-contract mock` serves it; CHAT_MOCK holds its URL.
// Each Vitest worker uses a space of its own, so that test files can run in parallel.
import { beforeEach, expect } from "vitest";

declare const process: { env: Record<string, string | undefined> };
const server = process.env.CHAT_MOCK ?? "http://127.0.0.1:4010";
const space = `${server}/_mock/spaces/vitest-${process.env.VITEST_POOL_ID ?? "1"}`;

/** The base URL for the client under test. */
export const baseUrl = `${space}/v1`;

/** Sets the mock's rules for the next requests. */
export async function setRules(...rules: object[]) {
  const response = await fetch(`${space}/_mock/behaviour`, { method: "PUT", body: JSON.stringify({ rules }) });
  expect(response.status, await response.text()).toBe(200);
}

/** Returns the requests that the mock received, oldest first. */
export async function receivedRequests(): Promise<{ request: { body: unknown }; status: number }[]> {
  return (await (await fetch(`${space}/_mock/requests`)).json()).requests;
}

/** Resets the worker's space before each test of the file. */
export function resetBeforeEach() {
  beforeEach(async () => {
    await fetch(`${space}/_mock/reset`, { method: "POST" });
  });
}
