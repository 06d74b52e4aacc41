/**
 * Returns the command, searched in this order: the variable CHAT_CONTRACT, the active virtual environment, `.venv` and
 * `venv` of this folder and its parents, PATH, `uv run`, and the module of `python3`.
 *
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 * @returns {Command}
 */
export function findCommand({ cwd, env }?: {
    cwd?: string;
    env?: Record<string, string | undefined>;
}): Command;
/** No `chat-contract` command was found. The message says where the package looked for it, and how to fix that. */
export class CommandNotFoundError extends MockError {
}
/**
 * A program with its first arguments.
 */
export type Command = readonly [string, ...string[]];
import { MockError } from "./errors.js";
