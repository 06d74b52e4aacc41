// Which faults pass through the proxy of Vite's development server. docs/how-to/javascript.md has the table.
import { createServer, type ViteDevServer } from "vite";
import { afterEach, expect } from "vitest";
import { it } from "./test";

let vite: ViteDevServer | undefined;
afterEach(async () => {
  await vite?.close();
  vite = undefined;
});

/** Serves nothing but a proxy: its /v1 is the base URL. Returns the address of the operation. */
async function proxied(target: string): Promise<string> {
  const { origin, pathname } = new URL(target);
  const proxy = { "/v1": { target: origin, rewrite: (path: string) => path.replace("/v1", pathname) } };
  const server = { port: 0, host: "127.0.0.1", proxy, watch: null, ws: false } as const;
  vite = await createServer({ configFile: false, appType: "custom", logLevel: "silent", server });
  await vite.listen();
  return `${vite.resolvedUrls?.local[0]}v1/chat`;
}

/** Sends a message, and returns what a client sees. */
async function seen(url: string, milliseconds = 60_000): Promise<string> {
  const body = JSON.stringify({ message: "A desk" });
  const headers = { "Content-Type": "application/json" };
  const signal = AbortSignal.timeout(milliseconds);
  try {
    const response = await fetch(url, { method: "POST", body, headers, signal });
    const kind = await response.json().then(
      () => "JSON",
      (error: Error) => (error instanceof SyntaxError ? "not JSON" : error.message),
    );
    return `${response.status}, ${kind}`;
  } catch (error) {
    return (error as Error).name === "TimeoutError" ? "timeout" : (error as Error).message;
  }
}

const SEEN = {
  reset: "500, not JSON",
  close: "500, not JSON",
  malformed: "200, not JSON",
  empty: "200, not JSON",
} as const;

for (const [fault, expected] of Object.entries(SEEN)) {
  it(`the fault ${fault} arrives behind Vite's proxy as: ${expected}`, async ({ chatMock }) => {
    await chatMock.fail(fault as keyof typeof SEEN);
    expect(await seen(await proxied(chatMock.url))).toBe(expected);
  });
}

for (const fault of ["hang", "drop", "truncate"] as const) {
  it(`the fault ${fault} never ends behind Vite's proxy`, async ({ chatMock }) => {
    await chatMock.fail(fault);
    expect(await seen(await proxied(chatMock.url), 2500)).toMatch(/timeout|aborted/);
  });
}

it("a refused connection arrives behind Vite's proxy as: 500, not JSON", async ({ chatMock }) => {
  expect(await seen(await proxied(await chatMock.deadUrl()))).toBe("500, not JSON");
});
