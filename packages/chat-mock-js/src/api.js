// Sends requests to the control API. Whatever answers there, the time and the size of a response are limited.
import { MockError } from "./errors.js";

const SECONDS_OF_A_CALL = 30;
/** Bytes of a response, decompressed. A journal of 8 MiB has at most 48 MiB as JSON. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_OF_AN_ERROR = 16 * 1024;
/** About how many JSON values a response may have; in memory, each takes many times its size. */
const MOST_VALUES = 1_000_000;
const FEWER = "Reset the mock more often, or send fewer or smaller requests.";

/** The mock rejected a rule or a filter, did not respond as it should, or a check of the test failed. */
export class ChatMockError extends MockError {
  name = "ChatMockError";
}

/**
 * Returns the text of the response.
 *
 * @param {string} base The URL of the control API.
 * @param {string | undefined} token
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
export async function send(base, token, method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: { "Content-Type": "application/json", ...(token ? { "X-Mock-Token": token } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    // A redirect could send the token to another server.
    redirect: "manual",
    signal: AbortSignal.timeout(SECONDS_OF_A_CALL * 1000),
  }).catch((error) => {
    throw silent(base, error);
  });
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    await response.body?.cancel();
    throw new ChatMockError(
      "The mock redirects to another address. Connect to that address, so that the token goes nowhere else.",
    );
  }
  const text = await textOf(response, base);
  if (!response.ok) throw new ChatMockError(detailOf(text) || `status ${response.status}`);
  return text;
}

/** @type {(base: string, error: any) => ChatMockError} */
function silent(base, error) {
  return new ChatMockError(`The mock at ${base} does not respond: ${error.cause?.message ?? error.message}`);
}

/** Returns the body within the limit. @type {(response: Response, base: string) => Promise<string>} */
async function textOf(response, base) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  const body = /** @type {AsyncIterable<Uint8Array> | null} */ (/** @type {unknown} */ (response.body));
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length;
      // Leaving the loop ends the connection.
      if (size > MOST_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw silent(base, error);
  }
  if (size <= MOST_BYTES) return new TextDecoder().decode(Buffer.concat(chunks));
  throw new ChatMockError(`The response of ${base} is larger than ${MOST_BYTES} bytes. ${FEWER}`);
}

/** Returns the JSON value of a text, undefined if it is not JSON. @type {(text: string) => unknown} */
export function parsed(text) {
  if (text.length > MOST_VALUES && (text.match(/[,[{]/g) ?? []).length > MOST_VALUES) {
    throw new ChatMockError(`The response has more than ${MOST_VALUES} JSON values. ${FEWER}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @type {(body: string) => string} */
function detailOf(body) {
  const value = parsed(body);
  const detail = typeof value === "object" && value !== null && "detail" in value ? value.detail : body;
  return (typeof detail === "string" ? detail : JSON.stringify(detail)).slice(0, MOST_OF_AN_ERROR);
}
