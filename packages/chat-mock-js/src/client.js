// A client of the mock's control API, in the terms of a test: set replies and failures, verify the requests.
import { once } from "node:events";
import net from "node:net";
import { ChatMockError, parsed, send } from "./api.js";
import { isOwn, visible } from "./errors.js";
import { isJournal, isRules } from "./shapes.js";

export { ChatMockError };

/** @typedef {import("../types/control.js").components["schemas"]} Schemas */
/** A request that the mock received, with its response and verdict. @typedef {Schemas["Request"]} ReceivedRequest */
/** A rule of the control API. @typedef {Schemas["Rule"]} Rule */
/** The damage to a response or its connection. @typedef {NonNullable<Rule["fault"]>} Fault */
/** An item of a reply. @typedef {{ item_id: string, [field: string]: unknown }} Item */

/**
 * The requests to which a reply or failure applies.
 *
 * @typedef {object} Matching
 * @property {string} [to] Text that the message of the request contains.
 * @property {string} [pattern] A regular expression that matches the message.
 * @property {number} [turn] The turn of each conversation, counted from 1.
 * @property {string} [conversation_id]
 * @property {string} [session_id]
 * @property {string} [user_id]
 * @property {Record<string, string>} [request_headers]
 * @property {number | null} [times] The number of requests; null means all. The default is 1.
 * @property {boolean} [optional] The test passes even if no request uses it.
 */

/** @typedef {Matching & Pick<Rule, "body" | "headers" | "invalid" | "delay">} Common */
/** @typedef {Common & Pick<Rule, "example" | "conversation">} ReplyOptions */
/** @typedef {Common & Pick<Rule, "fault" | "share">} FailOptions */

/**
 * Which requests to find.
 *
 * @typedef {object} Filters
 * @property {string} [message] Text that the message contains.
 * @property {string} [body] Text that the body contains.
 * @property {string} [conversation_id]
 * @property {string} [session_id]
 * @property {string} [user_id]
 * @property {string} [method]
 * @property {string} [path]
 * @property {number | string} [status] A status such as 422, or a class such as "4xx".
 * @property {"valid" | "invalid" | "unknown"} [verdict]
 */

const MAX_SHOWN = 300;
const MAX_LISTED = 20;
const SECONDS_TO_WAIT = 5;
const MILLISECONDS_BETWEEN_LOOKS = 20;
/** A map, because an object also has the names of its prototype. */
const QUERY_NAMES = new Map([
  ["conversation_id", "conversation"],
  ["user_id", "user"],
  ["session_id", "session"],
]);

/**
 * Returns a client of a running mock.
 *
 * @param {string} url The base URL of the mock, for example `http://127.0.0.1:4010/v1`.
 * @param {{ space?: string, token?: string }} [options]
 */
export function connect(url, options) {
  return new ChatMock(url, options);
}

/** A running mock, or one space of it. */
export class ChatMock {
  /** The base URL to give to the client under test. @type {string} */
  url;
  #own;
  #control;
  #token;
  #violationsAllowed = false;
  /** @type {Promise<DeadAddress> | undefined} */
  #dead;

  /** @param {string} url @param {{ space?: string, token?: string }} [options] */
  constructor(url, { space, token } = {}) {
    if (space !== undefined && (!/^[A-Za-z0-9._-]{1,64}$/.test(space) || space === "." || space === "..")) {
      const expected = 'Expected 1 to 64 letters, digits, dots, "-" or "_", other than "." and "..".';
      throw new ChatMockError(`Invalid space name ${JSON.stringify(space)}. ${expected}`);
    }
    const { origin, pathname } = new URL(url);
    const prefix = space === undefined ? "" : `/_mock/spaces/${space}`;
    this.url = `${origin}${prefix}${pathname.replace(/\/+$/, "")}`;
    this.#own = `${origin}${pathname}`;
    this.#control = `${origin}${prefix}/_mock`;
    this.#token = token;
  }

  /**
   * Returns a space of the mock: conversations, rules and a journal that are isolated from other spaces.
   *
   * @param {string} name 1 to 64 letters, digits, dots, hyphens and underscores.
   */
  space(name) {
    return new ChatMock(this.#own, { space: name, ...(this.#token === undefined ? {} : { token: this.#token }) });
  }

  /**
   * Sets the next reply, or the next `times` replies. Several calls queue up.
   *
   * @param {string} [message]
   * @param {readonly Item[]} [items]
   * @param {ReplyOptions} [options]
   */
  async reply(message, items, { to, times = 1, optional, ...more } = {}) {
    const given = { ...(message === undefined ? {} : { message }), ...(items === undefined ? {} : { items }) };
    const reply = Object.keys(given).length === 0 ? {} : { reply: given };
    await this.#addRule("reply", { ...reply, ...conditions(to, times, optional), ...more });
  }

  /**
   * Makes the next request fail: with a status, or with a fault.
   *
   * @param {number | Fault} failure A status such as 429, or a fault such as "reset".
   * @param {FailOptions} [options]
   */
  async fail(failure, { to, times = 1, optional, ...more } = {}) {
    const kind = typeof failure === "number" ? { code: failure } : { fault: failure };
    await this.#addRule("fail", { ...kind, ...conditions(to, times, optional), ...more });
  }

  /** Returns the requests since the start of the test, oldest first. */
  async requests() {
    return this.find({});
  }

  /** Returns the requests that violate the contract. */
  async violations() {
    return this.find({ verdict: "invalid" });
  }

  /**
   * Returns the requests that pass all filters, oldest first.
   *
   * @param {Filters} [filters]
   * @returns {Promise<ReceivedRequest[]>}
   */
  async find(filters = {}) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filters)) {
      if (value !== undefined) query.set(QUERY_NAMES.get(name) ?? name, String(value));
    }
    const { requests, dropped } = await this.#get(`/requests?${query}`, isJournal);
    if (dropped > 0) {
      throw new ChatMockError(
        `The mock dropped ${dropped} requests of this test from its journal. ` +
          "Raise --max-requests-kept, or send fewer or smaller requests.",
      );
    }
    return requests;
  }

  /**
   * Returns the requests that pass the filters. Throws unless there are exactly `times`, or, without `times`, at least
   * one.
   *
   * @param {Filters & { times?: number }} [expected]
   */
  async assertCalled({ times, ...filters } = {}) {
    const found = await this.find(filters);
    if (times === undefined ? found.length > 0 : found.length === times) return found;
    const wanted = times === undefined ? "at least 1" : String(times);
    const received = await this.#received();
    throw new ChatMockError(`Expected ${wanted} of these requests${shown(filters)}, got ${found.length}.${received}`);
  }

  /**
   * Returns the last request that passes the filters; waits for one.
   *
   * @param {Filters & { seconds?: number }} [expected] `seconds` is the time to wait; the default is 5.
   * @returns {Promise<ReceivedRequest>}
   */
  async waitForRequest({ seconds = SECONDS_TO_WAIT, ...filters } = {}) {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const last = (await this.find(filters)).at(-1);
      if (last !== undefined) return last;
      if (performance.now() > deadline) {
        throw new ChatMockError(
          `No request${shown(filters)} arrived within ${seconds} s.${await this.#received()}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, MILLISECONDS_BETWEEN_LOOKS));
    }
  }

  /**
   * Returns a base URL at which connections are refused, as if the service did not run. The port stays reserved
   * until the mock is closed.
   */
  async deadUrl() {
    this.#dead ??= reserveDeadAddress();
    return `http://127.0.0.1:${(await this.#dead).port}${new URL(this.#own).pathname.replace(/\/+$/, "")}`;
  }

  /** Lets this test send requests that violate the contract. Otherwise `check()` throws. */
  allowViolations() {
    this.#violationsAllowed = true;
  }

  /** Deletes conversations, journal and rules. */
  async reset() {
    await this.#post("/reset");
    this.#violationsAllowed = false;
  }

  /** Throws if the client violated the contract, or if no request used a reply or a failure. */
  async check() {
    const problems = [await this.#violationMessage(), await this.#unusedMessage()].filter(Boolean);
    if (problems.length > 0) throw new ChatMockError(problems.join("\n"));
  }

  /** Releases the port of `deadUrl()`. */
  async close() {
    (await this.#dead)?.release();
    this.#dead = undefined;
  }

  async #violationMessage() {
    const violations = this.#violationsAllowed ? [] : await this.violations();
    if (violations.length === 0) return "";
    const count = `${violations.length} request${violations.length > 1 ? "s" : ""}`;
    return (
      `The client sent ${count} in violation of the contract:${listed(violations)}\n` +
      "  If the test does this on purpose, call chatMock.allowViolations()."
    );
  }

  async #unusedMessage() {
    const { rules } = await this.#get("/behaviour/unused", isRules);
    if (rules.length === 0) return "";
    const lines = rules.map(({ name = "a rule", times, ...rule }) => `\n  ${visible(name)}: ${shorten(written(rule))}`);
    return (
      `No request used these replies and failures:${lines.join("")}\n` +
      "  For one that may stay unused, pass optional: true."
    );
  }

  async #received() {
    const requests = await this.find({});
    return `\nRequests received: ${requests.length}${listed(requests.slice(-MAX_LISTED))}`;
  }

  /** @type {(verb: string, rule: Rule) => Promise<void>} */
  async #addRule(verb, rule) {
    await this.#post("/behaviour", { ...rule, name: `${verb}() at ${placeOfCaller()}` });
  }

  /** @type {<T>(path: string, isExpected: (value: unknown) => value is T) => Promise<T>} */
  async #get(path, isExpected) {
    const value = parsed(await send(this.#control, this.#token, "GET", path));
    if (isExpected(value)) return value;
    throw new ChatMockError(
      `Unexpected response of ${this.#control}. Check that the URL is that of a mock of this version.`,
    );
  }

  /** @type {(path: string, body?: unknown) => Promise<void>} */
  async #post(path, body) {
    await send(this.#control, this.#token, "POST", path, body);
  }
}

/** @type {(to: string | undefined, times: number | null, optional: boolean | undefined) => Rule} */
function conditions(to, times, optional) {
  return {
    ...(to === undefined ? {} : { message: to }),
    ...(times === null ? {} : { times }),
    ...(optional ? { optional } : {}),
  };
}

/** @type {(requests: readonly ReceivedRequest[]) => string} */
function listed(requests) {
  return requests.map((request) => `\n  ${text(request)}`).join("");
}

/** @type {(request: ReceivedRequest) => string} */
function text({ method, path, status, verdict, request }) {
  const faults = verdict.faults.map((fault) => fault.text);
  const problems = verdict.keeps_contract ? [] : faults.length > 0 ? faults : [verdict.text ?? ""];
  const lines = problems.filter(Boolean).map((problem) => `\n    ${visible(problem)}`);
  return `${visible(`${method} ${path}`)} (status ${status})${lines.join("")}\n    body: ${shorten(written(request.body))}`;
}

/** @type {(text: string) => string} */
function shorten(text) {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

/** @type {(value: unknown) => string} */
function written(value) {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "(nested too deeply)";
  }
}

/** @type {(filters: object) => string} */
function shown(filters) {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const listed = given.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
  return listed === "" ? "" : ` with ${listed}`;
}

/** Returns file and line of the first caller outside of this module. */
function placeOfCaller() {
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  const line = lines.find((each) => !isOwn(each));
  return /([^/\\(\s]+:\d+):\d+\)?$/.exec(line ?? "")?.[1] ?? "the test";
}

/** A port on which no program listens. @typedef {{ port: number, release: () => void }} DeadAddress */

/**
 * Reserves a port at which connections are refused: the local port of a connection. The system gives it to no other
 * program while the connection exists.
 *
 * @returns {Promise<DeadAddress>}
 */
async function reserveDeadAddress() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const accepted = once(server, "connection");
  const client = net.connect(port, "127.0.0.1").unref();
  await once(client, "connect");
  const [other] = await accepted;
  other.unref();
  server.close();
  for (const each of [client, other]) each.on("error", () => {});
  const release = () => [client, other].forEach((each) => each.destroy());
  return { port: /** @type {number} */ (client.localPort), release };
}
