// Starts the mock in a process of its own, and stops it with the process that started it.
import { spawn } from "node:child_process";
import { MockError } from "./errors.js";
import { findCommand } from "./find.js";
import { ChatMock } from "./client.js";

/** The variable that sets `--control-token` of the mock. */
const OPTION_VARIABLE = "CHAT_CONTRACT_MOCK_CONTROL_TOKEN";
const SECONDS_TO_START = 30;
const SECONDS_TO_STOP = 5;
const MAX_OUTPUT = 20_000;

/** The mock did not start. The message contains its output. */
export class StartError extends MockError {
  name = "StartError";
}

/**
 * What the mock prints when it is ready.
 *
 * @typedef {object} Ready
 * @property {string} url The base URL for clients, for example `http://127.0.0.1:4010/v1`.
 * @property {string} base The address of the server, for example `http://127.0.0.1:4010`.
 * @property {number} pid
 * @property {string} version
 */

/**
 * @typedef {object} StartOptions
 * @property {readonly string[]} [args] Options of `chat-contract mock`, for example `["--latitude", "fastapi"]`.
 * @property {string} [cwd] The folder in which the mock runs, and in which the search for the command starts.
 * @property {number} [seconds] How long the mock may take to start. The default is 30.
 */

/** A running mock that this process started. */
export class StartedMock extends ChatMock {
  /** What the mock printed when it was ready. @type {Ready} */
  ready;
  /** @type {() => Promise<void>} */
  #stop;

  /** @param {Ready} ready @param {() => Promise<void>} stop @param {string | undefined} token */
  constructor(ready, stop, token) {
    super(ready.url, { token });
    this.ready = ready;
    this.#stop = stop;
  }

  /** Stops the mock, and waits until its process has ended. */
  async stop() {
    await this.close();
    await this.#stop();
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }
}

/**
 * Starts the mock on a free port.
 *
 * @param {StartOptions} [options]
 * @returns {Promise<StartedMock>}
 */
export async function startMock({ args = [], cwd = process.cwd(), seconds = SECONDS_TO_START } = {}) {
  const [program, ...first] = findCommand({ cwd });
  // --exit-with-parent ends the mock if this process is killed; it has no effect on Windows.
  const own = process.platform === "win32" ? [] : ["--exit-with-parent"];
  const child = spawn(program, [...first, "mock", "--port", "0", "--ready-json", ...own, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const kill = () => void child.kill();
  process.on("exit", kill);
  const ended = new Promise((resolve) => child.on("close", resolve)).then(() => process.off("exit", kill));
  const stop = async () => {
    kill();
    const timer = setTimeout(() => child.kill("SIGKILL"), SECONDS_TO_STOP * 1000);
    await ended;
    clearTimeout(timer);
  };
  try {
    const ready = await untilReady(child, program, seconds);
    // A test process ends even if it forgets to stop the mock.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) /** @type {import("node:net").Socket} */ (stream).unref();
    return new StartedMock(ready, stop, valueOf("--control-token", args) ?? (process.env[OPTION_VARIABLE] || undefined));
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @type {(child: import("node:child_process").ChildProcessByStdio<null, import("node:stream").Readable, import("node:stream").Readable>, program: string, seconds: number) => Promise<Ready>} */
function untilReady(child, program, seconds) {
  return new Promise((resolve, reject) => {
    let printed = "";
    let complaints = "";
    /** @param {string} problem */
    const fail = (problem) => reject(new StartError(`${problem}\n${complaints || printed}`.trim()));
    const timer = setTimeout(() => fail(`The mock did not start within ${seconds} s (${program}).`), seconds * 1000);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      printed = (printed + text).slice(0, MAX_OUTPUT);
      const ready = printed.includes("\n") ? readyIn(printed) : undefined;
      if (ready === undefined) return;
      clearTimeout(timer);
      resolve(ready);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      complaints = (complaints + text).slice(-MAX_OUTPUT);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      fail(`The mock did not start: ${program}: ${error.message}`);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      fail(`The mock did not start: ${program} ended with code ${code}.`);
    });
  });
}

/** @type {(text: string) => Ready | undefined} */
function readyIn(text) {
  for (const line of text.split("\n")) {
    try {
      return JSON.parse(line);
    } catch {
      // Another line of the program that starts the mock.
    }
  }
  return undefined;
}

/** @type {(option: string, args: readonly string[]) => string | undefined} */
function valueOf(option, args) {
  const joined = args.find((argument) => argument.startsWith(`${option}=`));
  const at = args.indexOf(option);
  return joined?.slice(option.length + 1) ?? (at < 0 ? undefined : args[at + 1]);
}
