/**
 * Starts the mock on a free port.
 *
 * @param {StartOptions} [options]
 * @returns {Promise<StartedMock>}
 */
export function startMock({ args, cwd, seconds }?: StartOptions): Promise<StartedMock>;
/** The mock did not start. The message contains its output. */
export class StartError extends MockError {
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
    /** @param {Ready} ready @param {() => Promise<void>} stop @param {string | undefined} token */
    constructor(ready: Ready, stop: () => Promise<void>, token: string | undefined);
    /** What the mock printed when it was ready. @type {Ready} */
    ready: Ready;
    /** Stops the mock, and waits until its process has ended. */
    stop(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    #private;
}
/**
 * What the mock prints when it is ready.
 */
export type Ready = {
    /**
     * The base URL for clients, for example `http://127.0.0.1:4010/v1`.
     */
    url: string;
    /**
     * The address of the server, for example `http://127.0.0.1:4010`.
     */
    base: string;
    pid: number;
    version: string;
};
export type StartOptions = {
    /**
     * Options of `chat-contract mock`, for example `["--latitude", "fastapi"]`.
     */
    args?: readonly string[] | undefined;
    /**
     * The folder in which the mock runs, and in which the search for the command starts.
     */
    cwd?: string | undefined;
    /**
     * How long the mock may take to start. The default is 30.
     */
    seconds?: number | undefined;
};
import { MockError } from "./errors.js";
import { ChatMock } from "./client.js";
