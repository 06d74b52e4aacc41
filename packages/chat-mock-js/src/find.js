// Finds the command line of the kit: the program and the arguments that come before `mock`.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, lstatSync, statSync } from "node:fs";
import path from "node:path";
import { MockError } from "./errors.js";

/** A program with its first arguments. @typedef {readonly [string, ...string[]]} Command */

const WINDOWS = process.platform === "win32";
const SECONDS_TO_ANSWER = 30;

/** No `chat-contract` command was found. The message says where the package looked for it, and how to fix that. */
export class CommandNotFoundError extends MockError {
  name = "CommandNotFoundError";
}

/**
 * Returns the command, searched in this order: the variable CHAT_CONTRACT, the active virtual environment, `.venv` and
 * `venv` of this folder and its parents, PATH, `uv run`, and the module of `python3`.
 *
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 * @returns {Command}
 */
export function findCommand({ cwd = process.cwd(), env = process.env } = {}) {
  if (env.CHAT_CONTRACT) return given(env.CHAT_CONTRACT, cwd, env);
  const found = [...inEnvironments(cwd, env), ...onPath("chat-contract", env)].find(isProgram);
  if (found !== undefined) return [found];
  for (const command of withPython(cwd, env)) if (answers(command, cwd, env)) return command;
  throw new CommandNotFoundError(
    "Found no chat-contract command: not in VIRTUAL_ENV, not in .venv or venv of " +
      `${cwd} or a parent folder, not on PATH, not with uv run, and not as a module of python3.\n` +
      "Install the kit in a virtual environment .venv of your project (pip install PATH-OF-THE-KIT), or set the " +
      "variable CHAT_CONTRACT to the path of the command, for example ../chat-contract/.venv/bin/chat-contract.",
  );
}

/** @type {(text: string, cwd: string, env: Record<string, string | undefined>) => Command} */
function given(text, cwd, env) {
  const whole = path.resolve(cwd, text);
  if (isProgram(whole)) return [whole];
  const [program = "", ...rest] = text.split(/\s+/).filter(Boolean);
  const isPath = program.includes("/") || (WINDOWS && program.includes("\\"));
  const found = (isPath ? variants(path.resolve(cwd, program)) : [...onPath(program, env)]).find(isProgram);
  if (found !== undefined) return [found, ...rest];
  throw new CommandNotFoundError(
    `The variable CHAT_CONTRACT names no program: ${text}\n` +
      "Set it to the path of chat-contract, or to a command such as \"uv run chat-contract\".",
  );
}

/** @type {(cwd: string, env: Record<string, string | undefined>) => Generator<string>} */
function* inEnvironments(cwd, env) {
  const folder = WINDOWS ? "Scripts" : "bin";
  if (env.VIRTUAL_ENV) yield* variants(path.join(env.VIRTUAL_ENV, folder, "chat-contract"));
  for (const parent of parents(cwd)) {
    for (const name of [".venv", "venv"]) {
      if (isOwn(parent, name)) yield* variants(path.join(parent, name, folder, "chat-contract"));
    }
  }
}

/** @type {(program: string, env: Record<string, string | undefined>) => Generator<string>} */
function* onPath(program, env) {
  for (const folder of (env.PATH ?? "").split(path.delimiter).filter((one) => path.isAbsolute(one))) {
    yield* variants(path.join(folder, program));
  }
}

/** @type {(cwd: string, env: Record<string, string | undefined>) => Generator<Command>} */
function* withPython(cwd, env) {
  const uv = [...onPath("uv", env)].find(isProgram);
  const isProject = [...parents(cwd)].some(
    (parent) => existsSync(path.join(parent, "pyproject.toml")) && isOwn(parent, "pyproject.toml"),
  );
  if (uv !== undefined && isProject) yield [uv, "run", "--quiet", "chat-contract"];
  for (const name of ["python3", "python"]) {
    const python = [...onPath(name, env)].find(isProgram);
    if (python !== undefined) yield [python, "-m", "kit_cli"];
  }
}

/** @type {(folder: string) => Generator<string>} */
function* parents(folder) {
  for (let above = path.dirname(folder); above !== folder; above = path.dirname(folder)) {
    yield folder;
    folder = above;
  }
  yield folder;
}

/**
 * Whether an entry is not from another user, who could place one in a folder such as /tmp.
 *
 * @type {(folder: string, name: string) => boolean}
 */
function isOwn(folder, name) {
  try {
    const isShared = !WINDOWS && (statSync(folder).mode & 0o002) !== 0;
    return !isShared || [0, process.getuid?.()].includes(lstatSync(path.join(folder, name)).uid);
  } catch {
    return false;
  }
}

/** @type {(file: string) => string[]} */
function variants(file) {
  return WINDOWS ? [`${file}.exe`, file] : [file];
}

/** @type {(file: string) => boolean} */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** @type {(command: Command, cwd: string, env: Record<string, string | undefined>) => boolean} */
function answers([program, ...rest], cwd, env) {
  const options = { cwd, env, timeout: SECONDS_TO_ANSWER * 1000 };
  const ended = spawnSync(program, [...rest, "--version"], /** @type {any} */ (options));
  return ended.status === 0 && String(ended.stdout).includes("chat-contract");
}
