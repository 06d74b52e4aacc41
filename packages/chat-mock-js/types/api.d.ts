/**
 * Returns the text of the response.
 *
 * @param {string} base The URL of the control API.
 * @param {string | undefined} token
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
export function send(base: string, token: string | undefined, method: string, path: string, body?: unknown): Promise<string>;
export function parsed(text: string): unknown;
/** The mock rejected a rule or a filter, did not respond as it should, or a check of the test failed. */
export class ChatMockError extends MockError {
}
import { MockError } from "./errors.js";
