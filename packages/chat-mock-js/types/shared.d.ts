/**
 * Starts the mock for all workers and puts its URL into the environment, unless it is there already.
 *
 * @param {import("./start.js").StartOptions} [options]
 * @returns {Promise<() => Promise<void>>} Stops the mock.
 */
export function shareMock(options?: import("./start.js").StartOptions): Promise<() => Promise<void>>;
/**
 * Returns a space of the shared mock, or of one that is started for this worker.
 *
 * @param {string} space
 * @param {import("./start.js").StartOptions} [options]
 * @returns {Promise<{ mock: import("./client.js").ChatMock, stop: () => Promise<void> }>}
 */
export function workerMock(space: string, options?: import("./start.js").StartOptions): Promise<{
    mock: import("./client.js").ChatMock;
    stop: () => Promise<void>;
}>;
/** The variable with the base URL of a running mock, for example `http://127.0.0.1:4010/v1`. */
export const URL_VARIABLE: "CHAT_MOCK_URL";
/** The variable with the token of `--control-token`. */
export const TOKEN_VARIABLE: "CHAT_MOCK_TOKEN";
