/**
 * Returns a client of a running mock.
 *
 * @param {string} url The base URL of the mock, for example `http://127.0.0.1:4010/v1`.
 * @param {{ space?: string, token?: string }} [options]
 */
export function connect(url: string, options?: {
    space?: string;
    token?: string;
}): ChatMock;
export { ChatMockError };
/** A running mock, or one space of it. */
export class ChatMock {
    /** @param {string} url @param {{ space?: string, token?: string }} [options] */
    constructor(url: string, { space, token }?: {
        space?: string;
        token?: string;
    });
    /** The base URL to give to the client under test. @type {string} */
    url: string;
    /**
     * Returns a space of the mock: conversations, rules and a journal that are isolated from other spaces.
     *
     * @param {string} name 1 to 64 letters, digits, dots, hyphens and underscores.
     */
    space(name: string): ChatMock;
    /**
     * Sets the next reply, or the next `times` replies. Several calls queue up.
     *
     * @param {string} [message]
     * @param {readonly Item[]} [items]
     * @param {ReplyOptions} [options]
     */
    reply(message?: string, items?: readonly Item[], { to, times, optional, ...more }?: ReplyOptions): Promise<void>;
    /**
     * Makes the next request fail: with a status, or with a fault.
     *
     * @param {number | Fault} failure A status such as 429, or a fault such as "reset".
     * @param {FailOptions} [options]
     */
    fail(failure: number | Fault, { to, times, optional, ...more }?: FailOptions): Promise<void>;
    /** Returns the requests since the start of the test, oldest first. */
    requests(): Promise<{
        number: number;
        time: string;
        method: string;
        path: string;
        status: number;
        seconds: number | null;
        preflight: boolean;
        conversation_id: string | null;
        user_id: string | null;
        request: {
            headers: {
                [key: string]: string;
            };
            body: unknown;
            truncated: boolean;
        };
        reply: {
            headers: {
                [key: string]: string;
            };
            body: unknown;
            truncated: boolean;
            delay: number;
            fault: "drop" | "truncate" | "malformed" | "slow" | "empty" | "reset" | "close" | "hang" | null;
        };
        client_left: boolean;
        verdict: import("../types/control.js").components["schemas"]["Verdict"];
        why: import("../types/control.js").components["schemas"]["Why"];
        notes: {
            id: string;
            text: string;
        }[];
    }[]>;
    /** Returns the requests that violate the contract. */
    violations(): Promise<{
        number: number;
        time: string;
        method: string;
        path: string;
        status: number;
        seconds: number | null;
        preflight: boolean;
        conversation_id: string | null;
        user_id: string | null;
        request: {
            headers: {
                [key: string]: string;
            };
            body: unknown;
            truncated: boolean;
        };
        reply: {
            headers: {
                [key: string]: string;
            };
            body: unknown;
            truncated: boolean;
            delay: number;
            fault: "drop" | "truncate" | "malformed" | "slow" | "empty" | "reset" | "close" | "hang" | null;
        };
        client_left: boolean;
        verdict: import("../types/control.js").components["schemas"]["Verdict"];
        why: import("../types/control.js").components["schemas"]["Why"];
        notes: {
            id: string;
            text: string;
        }[];
    }[]>;
    /**
     * Returns the requests that pass all filters, oldest first.
     *
     * @param {Filters} [filters]
     * @returns {Promise<ReceivedRequest[]>}
     */
    find(filters?: Filters): Promise<ReceivedRequest[]>;
    /**
     * Returns the requests that pass the filters. Throws unless there are exactly `times`, or, without `times`, at least
     * one.
     *
     * @param {Filters & { times?: number }} [expected]
     */
    assertCalled({ times, ...filters }?: Filters & {
        times?: number;
    }): Promise<{
        number: number;
        time: string;
        method: string;
        path: string;
        status: number;
        seconds: number | null;
        preflight: boolean;
        conversation_id: string | null;
        user_id: string | null;
        request: {
            headers: {
                [key: string]: string;
            };
            body: unknown;
            truncated: boolean;
        };
        reply: {
            headers: {
                [key: string]: string;
            };
            body: unknown;
            truncated: boolean;
            delay: number;
            fault: "drop" | "truncate" | "malformed" | "slow" | "empty" | "reset" | "close" | "hang" | null;
        };
        client_left: boolean;
        verdict: import("../types/control.js").components["schemas"]["Verdict"];
        why: import("../types/control.js").components["schemas"]["Why"];
        notes: {
            id: string;
            text: string;
        }[];
    }[]>;
    /**
     * Returns the last request that passes the filters; waits for one.
     *
     * @param {Filters & { seconds?: number }} [expected] `seconds` is the time to wait; the default is 5.
     * @returns {Promise<ReceivedRequest>}
     */
    waitForRequest({ seconds, ...filters }?: Filters & {
        seconds?: number;
    }): Promise<ReceivedRequest>;
    /**
     * Returns a base URL at which connections are refused, as if the service did not run. The port stays reserved
     * until the mock is closed.
     */
    deadUrl(): Promise<string>;
    /** Lets this test send requests that violate the contract. Otherwise `check()` throws. */
    allowViolations(): void;
    /** Deletes conversations, journal and rules. */
    reset(): Promise<void>;
    /** Throws if the client violated the contract, or if no request used a reply or a failure. */
    check(): Promise<void>;
    /** Releases the port of `deadUrl()`. */
    close(): Promise<void>;
    #private;
}
/**
 * A port on which no program listens.
 */
export type DeadAddress = {
    port: number;
    release: () => void;
};
export type Schemas = import("../types/control.js").components["schemas"];
/**
 * A request that the mock received, with its response and verdict.
 */
export type ReceivedRequest = Schemas["Request"];
/**
 * A rule of the control API.
 */
export type Rule = Schemas["Rule"];
/**
 * The damage to a response or its connection.
 */
export type Fault = NonNullable<Rule["fault"]>;
/**
 * An item of a reply.
 */
export type Item = {
    item_id: string;
    [field: string]: unknown;
};
/**
 * The requests to which a reply or failure applies.
 */
export type Matching = {
    /**
     * Text that the message of the request contains.
     */
    to?: string | undefined;
    /**
     * A regular expression that matches the message.
     */
    pattern?: string | undefined;
    /**
     * The turn of each conversation, counted from 1.
     */
    turn?: number | undefined;
    conversation_id?: string | undefined;
    session_id?: string | undefined;
    user_id?: string | undefined;
    request_headers?: Record<string, string> | undefined;
    /**
     * The number of requests; null means all. The default is 1.
     */
    times?: number | null | undefined;
    /**
     * The test passes even if no request uses it.
     */
    optional?: boolean | undefined;
};
export type Common = Matching & Pick<Rule, "body" | "headers" | "invalid" | "delay">;
export type ReplyOptions = Common & Pick<Rule, "example" | "conversation">;
export type FailOptions = Common & Pick<Rule, "fault" | "share">;
/**
 * Which requests to find.
 */
export type Filters = {
    /**
     * Text that the message contains.
     */
    message?: string | undefined;
    /**
     * Text that the body contains.
     */
    body?: string | undefined;
    conversation_id?: string | undefined;
    session_id?: string | undefined;
    user_id?: string | undefined;
    method?: string | undefined;
    path?: string | undefined;
    /**
     * A status such as 422, or a class such as "4xx".
     */
    status?: string | number | undefined;
    verdict?: "invalid" | "valid" | "unknown" | undefined;
};
import { ChatMockError } from "./api.js";
