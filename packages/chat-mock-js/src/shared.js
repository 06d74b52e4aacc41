// The mock that several workers share: its URL in the variable CHAT_MOCK_URL, or one that a worker starts itself.
import { connect } from "./client.js";
import { startMock } from "./start.js";

/** The variable with the base URL of a running mock, for example `http://127.0.0.1:4010/v1`. */
export const URL_VARIABLE = "CHAT_MOCK_URL";
/** The variable with the token of `--control-token`. */
export const TOKEN_VARIABLE = "CHAT_MOCK_TOKEN";

/**
 * Starts the mock for all workers and puts its URL into the environment, unless it is there already.
 *
 * @param {import("./start.js").StartOptions} [options]
 * @returns {Promise<() => Promise<void>>} Stops the mock.
 */
export async function shareMock(options) {
  if (process.env[URL_VARIABLE]) return async () => {};
  const mock = await startMock(options);
  process.env[URL_VARIABLE] = mock.url;
  return async () => {
    delete process.env[URL_VARIABLE];
    await mock.stop();
  };
}

/**
 * Returns a space of the shared mock, or of one that is started for this worker.
 *
 * @param {string} space
 * @param {import("./start.js").StartOptions} [options]
 * @returns {Promise<{ mock: import("./client.js").ChatMock, stop: () => Promise<void> }>}
 */
export async function workerMock(space, options) {
  const url = process.env[URL_VARIABLE];
  if (url) {
    const token = process.env[TOKEN_VARIABLE];
    const mock = connect(url, { space, ...(token ? { token } : {}) });
    return { mock, stop: () => mock.close() };
  }
  const started = await startMock(options);
  const mock = started.space(space);
  return {
    mock,
    stop: async () => {
      await mock.close();
      await started.stop();
    },
  };
}
