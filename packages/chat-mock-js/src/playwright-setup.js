// A global set-up of Playwright: one mock for all workers. Use it as `globalSetup` in playwright.config.ts.
import { shareMock } from "./shared.js";

/**
 * Returns a global set-up that starts the mock with these options.
 *
 * @param {import("./start.js").StartOptions} [options]
 * @returns {() => Promise<() => Promise<void>>}
 */
export function mockSetup(options) {
  return () => shareMock(options);
}

export default mockSetup();
