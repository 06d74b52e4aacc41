/**
 * Returns a global set-up that starts the mock with these options.
 *
 * @param {import("./start.js").StartOptions} [options]
 * @returns {() => Promise<() => Promise<void>>}
 */
export function mockSetup(options?: import("./start.js").StartOptions): () => Promise<() => Promise<void>>;
declare const _default: () => Promise<() => Promise<void>>;
export default _default;
