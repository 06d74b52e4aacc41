// The console of the mock. Text from messages, fixtures and responses is inserted as text, never as HTML; the page's
// Content-Security-Policy enforces it.

const $ = (id) => document.getElementById(id);

/** Creates an element. `on` maps events to listeners; strings among the children become text. */
function make(tag, { class: names, on, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (names) element.className = names;
  for (const [name, value] of Object.entries(attributes)) if (value != null) element.setAttribute(name, value);
  for (const [event, listener] of Object.entries(on ?? {})) element.addEventListener(event, listener);
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const button = (label, click, attributes = {}) => make("button", { type: "button", on: { click }, ...attributes }, label);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
const seconds = (milliseconds) => (milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`);

let overview = null;
let revision = null;

// The control API -------------------------------------------------------------------------------------------------

const TOKEN = "mock-token";
const ENTER_TOKEN = "Enter the token that the mock was started with.";

class RequestDenied extends Error {
  constructor(detail, reason) {
    super(detail);
    this.reason = reason;
  }
}

/** Calls the control API. The token is sent in a header, never in a URL. */
async function control(path, { method = "GET", body, signal } = {}) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers["X-Mock-Token"] = token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, signal, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const detail = problem.detail ?? `Status ${response.status}`;
  if (response.status === 403) lock(detail, problem.reason);
  throw new RequestDenied(detail, problem.reason);
}

const controlled = async (path, options) => (await control(path, options)).json();

function lock(detail, reason) {
  const needsToken = reason === "token-required";
  // Requests in the background fail too, and must not replace the message about a wrong token.
  if ($("locked").hidden) $("locked-text").textContent = needsToken ? ENTER_TOKEN : detail;
  // The form is of use only where a token gives access.
  $("unlock").hidden = !needsToken;
  $("locked").hidden = false;
}

$("unlock").addEventListener("submit", async (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, $("token").value);
  $("token").value = "";
  try {
    await loadOverview();
    $("locked").hidden = true;
    refollow();
    await showRules();
  } catch (error) {
    if (error instanceof RequestDenied) $("locked-text").textContent = `Wrong token. ${ENTER_TOKEN}`;
  }
});

// Tabs ------------------------------------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll("[role=tab]")];
const narrow = matchMedia("(max-width: 60rem)");
let chosen = sessionStorage.getItem("tab") ?? "";

const isShown = (tab) => narrow.matches || tab.id !== "tab-chat";

function choose(name, { focus = false } = {}) {
  const known = tabs.filter(isShown).find((tab) => tab.getAttribute("aria-controls") === name);
  const selected = known ?? tabs.filter(isShown)[0];
  chosen = selected.getAttribute("aria-controls");
  sessionStorage.setItem("tab", chosen);
  for (const tab of tabs) {
    const on = tab === selected;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    const panel = $(tab.getAttribute("aria-controls"));
    panel.hidden = !on && !(panel.id === "chat" && !narrow.matches);
  }
  const chat = $("chat");
  chat.setAttribute("role", narrow.matches ? "tabpanel" : "region");
  // The Tab key goes from a tab into its panel: a chat beside the panel comes before the tabs.
  const tablist = tabs[0].parentElement;
  if (narrow.matches && tablist.nextElementSibling !== chat) tablist.after(chat);
  if (!narrow.matches && tablist.previousElementSibling !== chat) tablist.before(chat);
  if (!focus) return;
  $(chosen).focus({ preventScroll: true });
  scrollTo(0, 0);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab.getAttribute("aria-controls")));
  tab.addEventListener("keydown", (event) => {
    const shown = tabs.filter(isShown);
    const here = shown.indexOf(tab);
    const goal = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    const next = shown[(goal + shown.length) % shown.length];
    choose(next.getAttribute("aria-controls"));
    next.focus();
  });
}
narrow.addEventListener("change", () => choose(chosen));

// Served version --------------------------------------------------------------------------------------------------

async function loadOverview() {
  overview = await controlled("overview");
  revision = overview.health.revision;
  $("method").textContent = overview.operation.method;
  $("path").textContent = overview.operation.path;
  $("address").textContent = `${location.origin}${overview.operation.path}`;
  $("limit").placeholder = String(overview.default_limit);
  $("served").textContent = `(${overview.conversations.length}, with ${plural(overview.items, "item")} in the catalogue)`;
  showOpenings();
  showChoices();
  showGallery();
  showConversations();
}

async function watchHealth() {
  for (;;) {
    if (!document.hidden) await checkHealth();
    await pause(1000);
  }
}

async function checkHealth() {
  let health;
  try {
    health = await (await fetch("health", { cache: "no-store" })).json();
  } catch {
    setState("gone", "Not reachable");
    return;
  }
  const stale = health.status === "stale";
  setState(stale ? "stale" : "live", stale ? "Serving an older version" : "Connected");
  if (revision === health.revision) return;
  const first = revision === null;
  revision = health.revision;
  showErrors(health);
  if (!first && $("locked").hidden) await loadOverview().catch(ignoreExpected);
}

function setState(kind, text) {
  const state = $("state");
  if (state.textContent === text) return;
  state.className = `state ${kind}`;
  state.textContent = text;
}

function ignoreExpected(error) {
  // Denied requests are shown in the banner, an unreachable mock in the header.
  if (!(error instanceof RequestDenied) && !(error instanceof TypeError)) throw error;
}

function showErrors({ errors, read_at: readAt }) {
  $("fixtures-count").textContent = errors.length || "";
  $("broken").hidden = !errors.length;
  if (errors.length) {
    $("broken-title").textContent = errors.length === 1 ? "Reload failed: 1 error." : `Reload failed: ${errors.length} errors.`;
    $("broken-text").textContent = `The mock still serves the version loaded at ${clock(readAt)}.`;
  }
  $("faulty").replaceChildren(...errors.map(errorCard));
}

function errorCard(error) {
  const where = [error.file, error.line].filter((part) => part != null).join(":");
  return make(
    "article",
    { class: "fault" },
    where ? make("p", { class: "where" }, where) : null,
    make("p", {}, error.problem),
    make(
      "dl",
      {},
      error.pointer ? [make("dt", {}, "pointer"), make("dd", { class: "mono" }, error.pointer)] : [],
      error.value != null ? [make("dt", {}, "value"), make("dd", { class: "mono" }, error.value)] : [],
      error.hint ? [make("dt", {}, "hint"), make("dd", {}, error.hint)] : [],
    ),
  );
}

$("broken-show").addEventListener("click", () => choose("fixtures", { focus: true }));

const clock = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

// The operation ---------------------------------------------------------------------------------------------------

/** Sends a request to the operation and returns everything that a browser sees of the response. Never throws. */
async function send({ method = overview.operation.method, path = overview.operation.path, headers = {}, body, signal }) {
  const started = performance.now();
  const key = $("key").value;
  const all = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}), ...headers };
  const seen = { status: null, text: null, json: undefined, failure: null, headers: null };
  try {
    const response = await fetch(path, { method, headers: all, body, signal, cache: "no-store" });
    seen.status = response.status;
    seen.headers = response.headers;
    seen.text = await response.text();
    seen.json = JSON.parse(seen.text);
  } catch (error) {
    seen.failure = error;
  }
  seen.took = performance.now() - started;
  return seen;
}

function outcomeText(seen) {
  const { status, failure } = seen;
  if (status === null) return failure.name === "AbortError" ? "Stopped" : `No response: fetch failed with “${failure.message}”`;
  if (seen.text === null) return `Status ${status}, then the connection failed: “${failure.message}”`;
  if (failure) return seen.text === "" ? `Status ${status} without a body` : `Status ${status} with invalid JSON`;
  return `Status ${status}`;
}

/** Returns the lines of an error response. */
function errorLines(json) {
  const detail = json?.detail;
  if (Array.isArray(detail)) return detail.map((entry) => `${(entry?.loc ?? []).join(".")}: ${entry?.msg ?? pretty(entry)}`);
  return detail == null ? [] : [pretty(detail)];
}

// Chat ------------------------------------------------------------------------------------------------------------

const conversation = { id: null, events: [], waiting: null };

function showOpenings() {
  $("openings").replaceChildren(...overview.openings.slice(0, 4).map((text) => make("li", {}, button(text, () => say(text)))));
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (conversation.waiting) conversation.waiting.abort();
  else say($("message").value);
});
$("message").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!conversation.waiting) say($("message").value);
});
$("new-conversation").addEventListener("click", startConversation);

function startConversation() {
  conversation.waiting?.abort();
  conversation.id = null;
  conversation.events = [];
  $("log").replaceChildren($("welcome"));
  $("welcome").hidden = false;
  showConversationId();
  showEvents();
  $("message").focus();
}

function showConversationId() {
  $("conversation").textContent = conversation.id ?? "No conversation yet";
}

async function say(message) {
  if (!overview || conversation.waiting) return;
  $("welcome").hidden = true;
  $("message").value = "";
  const events = conversation.events;
  conversation.events = [];
  showEvents();
  append(make("p", { class: "bubble shopper" }, message));
  const waiting = append(make("p", { class: "waiting" }, "Waiting"));
  const abort = (conversation.waiting = new AbortController());
  $("send").textContent = "Stop";
  const seen = await send({ body: JSON.stringify(turn(message, events)), signal: abort.signal });
  if (conversation.waiting === abort) {
    conversation.waiting = null;
    $("send").textContent = "Send";
  }
  if (!waiting.isConnected) return; // Meanwhile, a new conversation was started.
  waiting.remove();
  showReply(seen);
}

/** Returns the body of a turn, without the fields that are empty. */
function turn(message, events) {
  const body = { message };
  if (conversation.id !== null) body.conversation_id = conversation.id;
  for (const name of ["session_id", "user_id"]) if ($(name).value) body[name] = $(name).value;
  if (events.length) body.events = events;
  if ($("limit").value !== "") body.limit = Number($("limit").value);
  return body;
}

function showReply(seen) {
  const json = seen.json;
  if (seen.status === 200 && json && typeof json === "object" && !Array.isArray(json)) {
    if (typeof json.conversation_id === "string") conversation.id = json.conversation_id;
    showConversationId();
    const text = typeof json.message === "string" ? json.message : pretty(json.message ?? null);
    append(make("p", { class: "bubble shop" }, text || "(empty message)"));
    const items = Array.isArray(json.items) ? json.items : [];
    if (items.length) append(make("div", { class: "items" }, items.map(itemCard)));
  } else {
    const lines = errorLines(json).map((line) => make("li", {}, cut(line, 400)));
    append(make("div", { class: "bubble refusal" }, make("b", {}, outcomeText(seen)), lines.length ? make("ul", {}, lines) : null));
  }
  const id = conversation.id;
  const why = button("Why this reply?", () => showLatest(id), { class: "plain" });
  append(make("p", { class: "under" }, `${seen.status === null ? "No response" : `Status ${seen.status}`} after ${seconds(seen.took)}`, why));
}

function append(element) {
  const log = $("log");
  log.append(element);
  log.scrollTop = log.scrollHeight;
  return element;
}

function itemCard(item) {
  if (item === null || typeof item !== "object") return make("article", { class: "item" }, pretty(item));
  const text = (name) => (item[name] == null ? null : typeof item[name] === "string" ? item[name] : pretty(item[name]));
  const title = text("title") ?? text("item_id") ?? "(no title)";
  const status = text("status");
  const price = [text("price"), text("price_currency")].filter(Boolean).join(" ");
  const card = make("article", { class: "item" });
  const addEvent = (type, description) => {
    note({ timestamp: new Date().toISOString(), type, ...(text("item_id") ? { item_id: text("item_id") } : {}), description });
    card.classList.add("noted");
  };
  const look = button(title, () => addEvent("click", `Clicked on ${cut(title, 80)}`));
  const buy = button("Buy", () => addEvent("purchase", `Bought ${cut(title, 80)}`), { "aria-label": `Buy ${title}` });
  const kind = status === "active" ? "good" : "warn";
  card.append(
    make("div", { class: "top-line" }, make("code", {}, text("item_id") ?? "(no item_id)"), status ? make("span", { class: `tag ${kind}` }, status) : ""),
    make("h4", {}, look),
    make("p", { class: "description" }, text("description") ?? ""),
    make("div", { class: "foot" }, make("span", { class: "price" }, price || "(no price)"), buy),
  );
  return card;
}

function note(event) {
  conversation.events.push(event);
  showEvents();
}

function showEvents() {
  const list = $("events");
  list.hidden = !conversation.events.length;
  list.replaceChildren(
    ...conversation.events.map((event, index) => {
      const label = `${event.type} ${event.item_id ?? ""}`.trim();
      const remove = () => {
        conversation.events.splice(index, 1);
        showEvents();
        $("message").focus();
      };
      return make("li", { title: `${event.timestamp} ${event.description}` }, label, button("×", remove, { "aria-label": `Remove event ${label}` }));
    }),
  );
}

for (const name of ["limit", "session_id", "user_id", "key"]) {
  $(name).addEventListener("input", () => {
    const set = ["limit", "session_id", "user_id", "key"].filter((each) => $(each).value !== "");
    $("fields-set").textContent = set.length ? `(${set.join(", ")})` : "";
  });
}

// Requests ---------------------------------------------------------------------------------------------------------

const FIRST_ENTRIES = 300;
const MOST_ENTRIES = 10000;
const entries = new Map();
/** The entries that the journal dropped, and whether all others are here. */
const reach = { dropped: 0, complete: false };
const open = new Set();
let following = null;

/** Reads the journal's stream while the page is visible. Loads the latest entries whenever the stream starts. */
async function follow() {
  for (;;) {
    if (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
    else {
      following = new AbortController();
      try {
        const response = await control("requests/stream", { signal: following.signal });
        await readLines(response.body, following.signal);
      } catch (error) {
        if (error.name !== "AbortError") ignoreExpected(error);
      }
      await pause(1000);
    }
  }
}

function refollow() {
  following?.abort();
}

document.addEventListener("visibilitychange", () => document.hidden && refollow());

async function readLines(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let started = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) return;
    if (!started) {
      started = true;
      await catchUp();
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    const fresh = lines.filter(Boolean).map((line) => JSON.parse(line));
    if (fresh.length) take(fresh);
  }
}

async function catchUp() {
  const { requests, dropped } = await controlled(`requests?last=${FIRST_ENTRIES}`);
  entries.clear();
  reach.dropped = dropped;
  reach.complete = requests.length < FIRST_ENTRIES;
  take(requests, { announce: false });
  if (isSearching()) await reachAll();
}

const isSearching = () => $("requests-text").value.trim() !== "" || $("requests-kind").value !== "";

/** Loads everything that the journal keeps, so that the search covers it. */
async function reachAll() {
  const preflights = $("requests-kind").value === "preflight";
  if (reach.complete && !preflights) return;
  const { requests, dropped } = await controlled(`requests${preflights ? "?preflights=true" : ""}`);
  reach.dropped = dropped;
  reach.complete = true;
  take(requests, { announce: false });
}

function showReach() {
  const oldest = Math.min(...entries.keys());
  const far = entries.size ? `Searched all ${plural(entries.size, "request")} that the mock keeps, back to ${clock(entries.get(oldest).time)} (#${oldest}).` : "";
  const lost = reach.dropped ? ` ${plural(reach.dropped, "older request was", "older requests were")} dropped; raise --max-requests-kept or --max-journal-bytes to keep more.` : "";
  $("requests-reach").textContent = isSearching() && reach.complete ? far + lost : "";
}

function take(fresh, { announce = true } = {}) {
  for (const entry of fresh) entries.set(entry.number, entry);
  for (const number of [...entries.keys()].slice(0, Math.max(0, entries.size - MOST_ENTRIES))) entries.delete(number);
  showEntries();
  if (announce) {
    const invalid = fresh.filter(isInvalid).length;
    $("requests-status").textContent = `${plural(fresh.length, "new request")}${invalid ? `, ${plural(invalid, "contract violation")}` : ""}`;
  }
  if (activeRules) showRules().catch(ignoreExpected);
}

const isInvalid = (entry) => entry.verdict.keeps_contract === false;

function isWanted(entry) {
  const kind = $("requests-kind").value;
  if (entry.preflight !== (kind === "preflight")) return false;
  if (kind === "preflight") return matchesText(entry);
  if (kind === "invalid" ? !isInvalid(entry) : kind && !String(entry.status).startsWith(kind)) return false;
  return matchesText(entry);
}

function matchesText(entry) {
  const text = $("requests-text").value.trim().toLowerCase();
  return !text || [summary(entry), entry.path, entry.conversation_id ?? "", entry.why.conversation ?? ""].some((part) => part.toLowerCase().includes(text));
}

/** Returns one line about the request: its message, or the path if the contract has no such operation. */
function summary(entry) {
  const body = entry.request.body;
  if (entry.verdict?.reason === "not-in-contract") return `${entry.method} ${entry.path}`;
  if (typeof body?.message === "string") return body.message;
  if (body == null) return `${entry.method} ${entry.path}`;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function showEntries() {
  const wanted = [...entries.values()].filter(isWanted).sort((one, other) => other.number - one.number);
  const there = new Map([...$("entries").children].map((element) => [element.dataset.number, element]));
  // Reuse elements, so that focus and scroll position stay.
  $("entries").replaceChildren(...wanted.map((entry) => reused(there.get(String(entry.number)), entry)));
  $("requests-empty").hidden = wanted.length > 0;
  $("requests-empty").querySelector(".lead").textContent = entries.size ? "No matching requests." : "No requests yet.";
  $("requests-count").textContent = [...entries.values()].filter((entry) => !entry.preflight).length || "";
  showReach();
}

function reused(element, entry) {
  return element?.shows === entry ? element : entryElement(entry);
}

function entryElement(entry) {
  const element = make("li", { class: "entry" });
  element.dataset.number = entry.number;
  element.shows = entry;
  const row = make(
    "button",
    { type: "button", class: "row", "aria-expanded": "false", on: { click: () => toggle(element, row) } },
    make("span", { class: "number" }, `#${entry.number}`),
    make("span", { class: `status s${String(entry.status)[0]}` }, String(entry.status)),
    make("span", { class: "what" }, cut(summary(entry), 200)),
    verdictTag(entry),
    make("span", { class: "took" }, entry.seconds == null ? "" : entry.seconds < 0.001 ? "<1 ms" : seconds(entry.seconds * 1000)),
    make("time", { datetime: entry.time }, clock(entry.time)),
  );
  element.append(row);
  if (open.has(entry.number)) toggle(element, row);
  return element;
}

function verdictTag(entry) {
  if (entry.preflight) return make("span", { class: entry.notes.length ? "tag bad" : "tag" }, entry.notes.length ? "origin not allowed" : "preflight");
  if (entry.client_left) return make("span", { class: "tag warn" }, "client disconnected");
  if (entry.reply.fault) return make("span", { class: "tag bad" }, entry.reply.fault);
  if (entry.verdict.keeps_contract === null) return make("span", { class: "tag" }, "not verified");
  if (isInvalid(entry)) return make("span", { class: "tag bad" }, "violates the contract");
  return make("span", { class: "tag good" }, "valid");
}

function toggle(element, row) {
  const entry = element.shows;
  const opened = row.getAttribute("aria-expanded") !== "true";
  row.setAttribute("aria-expanded", opened);
  element.classList.toggle("open", opened);
  if (opened) {
    open.add(entry.number);
    element.append(detail(entry));
  } else {
    open.delete(entry.number);
    element.querySelector(".detail").remove();
  }
}

function detail(entry) {
  const status = make("span", { role: "status", class: "quiet" });
  const shown = make("div", {});
  return make(
    "div",
    { class: "detail" },
    make("div", {}, facts("Source of the response", sourceLines(entry)), missedTurns(entry)),
    facts("Contract", verdictLines(entry)),
    make("div", { class: "sides" }, side("Request", entry.request), side("Response", entry.reply)),
    make("div", {}, make("p", { class: "actions" }, ...entryActions(entry, status, shown), status), shown),
  );
}

function entryActions(entry, status, shown) {
  const copy = button("Copy as curl", () => copyText(`requests/${entry.number}/curl`, "curl command", status, shown));
  if (typeof entry.request.body?.message !== "string") return [copy];
  const fixture = button("Copy as fixture", () => copyText(`requests/${entry.number}/fixture`, "Fixture file", status, shown));
  const again = button("Reply like this next time", () => add({ ...likeThis(entry), times: 1 }, status, "Rule added for the next response."));
  return [copy, fixture, again];
}

/** Returns the rule that repeats the response of an entry. */
function likeThis(entry) {
  const { body, fault } = entry.reply;
  const damage = { ...(fault ? { fault } : {}), ...(entry.verdict.violations.length ? { invalid: true } : {}) };
  if (entry.status !== 200) return { code: entry.status, ...(body == null || fault ? {} : { body }), ...damage };
  if (body === null || typeof body !== "object") return { code: 200, ...damage };
  const { conversation_id: _, ...content } = body;
  return { reply: content, ...damage };
}

const facts = (title, lines) => make("div", {}, make("h3", {}, title), make("ul", { class: "facts" }, lines.map((line) => make("li", {}, line))));

function sourceLines(entry) {
  const { text, conversation: name, turn: number } = entry.why;
  const lines = [name === undefined ? text : `${text}: ${name}, turn ${number + 1}`];
  if (entry.client_left) lines.push("The client closed the connection before it received the response.");
  if (entry.reply.delay) lines.push(`Delayed by ${seconds(entry.reply.delay * 1000)}`);
  return [...lines, ...entry.notes.map((each) => each.text)];
}

function missedTurns(entry) {
  const missed = entry.why.not_matched ?? [];
  if (!missed.length) return null;
  const lines = missed.map((miss) => `${miss.conversation}, turn ${miss.turn + 1}: ${cut(miss.text, 200)}`);
  return make("details", {}, make("summary", {}, `Similar turns that do not match (${missed.length})`), make("ul", { class: "facts quiet" }, lines.map((line) => make("li", {}, line))));
}

function verdictLines(entry) {
  const { keeps_contract: valid, request_class: requestClass, text, faults, more_faults: more, violations } = entry.verdict;
  const lines = [];
  if (valid !== null) lines.push(`The request is ${valid ? "valid" : "invalid"}${requestClass ? ` (request class: ${requestClass})` : ""}.`);
  if (text !== null) lines.push(text);
  lines.push(...faults.map((fault) => fault.text));
  if (more) lines.push(`and ${more} more`);
  return [...lines, ...violations.map((each) => `The response violates clause ${each.text}`)];
}

function side(title, half) {
  const body = half.body == null || half.body === "" ? "(no body)" : `${pretty(half.body)}${half.truncated ? "\n(The journal keeps only the beginning.)" : ""}`;
  const headers = Object.entries(half.headers).map(([name, value]) => `${name}: ${value}`);
  return make(
    "div",
    {},
    make("h3", {}, title),
    make("pre", { tabindex: "0", "aria-label": `Body of the ${title.toLowerCase()}` }, body),
    headers.length ? make("details", {}, make("summary", {}, plural(headers.length, "header")), make("pre", {}, headers.join("\n"))) : null,
  );
}

async function copyText(path, label, status, shown) {
  try {
    const command = await (await control(path)).text();
    shown.replaceChildren(make("pre", { tabindex: "0", "aria-label": label }, command));
    // Browsers give access to the clipboard only to pages of HTTPS and of localhost.
    await navigator.clipboard.writeText(command);
    status.textContent = "Copied";
  } catch (error) {
    status.textContent = error instanceof RequestDenied ? error.message : "No access to the clipboard. Copy the text from here:";
  }
}

/** Shows the source of the conversation's last reply. */
function showLatest(id) {
  const found = [...entries.values()].filter((entry) => id === null || entry.conversation_id === id).pop();
  $("requests-text").value = "";
  $("requests-kind").value = "";
  if (found) open.add(found.number);
  showEntries();
  choose("requests");
  const row = found && $("entries").querySelector(`[data-number="${found.number}"] .row`);
  if (!row) return;
  if (row.getAttribute("aria-expanded") !== "true") toggle(row.parentElement, row);
  row.scrollIntoView({ block: "nearest" });
  row.focus();
}

for (const [id, event] of [["requests-text", "input"], ["requests-kind", "change"]]) {
  $(id).addEventListener(event, async () => {
    showEntries();
    if (isSearching()) await reachAll().catch(ignoreExpected);
    showEntries();
  });
}
$("requests-clear").addEventListener("click", async () => {
  await control("requests", { method: "DELETE" }).catch(ignoreExpected);
  entries.clear();
  reach.dropped = 0;
  showEntries();
});

// Rules -------------------------------------------------------------------------------------------------------

const CODES = [400, 401, 403, 404, 422, 429, 500, 502, 503, 504];
const DELAYS = [
  ["300 ms", "300ms"],
  ["1 s", "1s"],
  ["5 s", "5s"],
  ["Like a language model", "median=800ms p95=3s"],
];
let activeRules = 0;

function showChoices() {
  $("codes").replaceChildren(...CODES.map((code) => button(String(code), () => rule({ code }))));
  $("faults").replaceChildren(...overview.faults.map((fault) => button(fault, () => rule({ fault }))));
  $("delays").replaceChildren(...DELAYS.map(([label, delay]) => button(label, () => rule({ delay }))));
  options($("play"), overview.conversations.map((each) => each.name));
  options($("example"), overview.examples);
}

function options(select, names) {
  const before = select.value;
  select.replaceChildren(...names.map((name) => make("option", {}, name)));
  if (names.includes(before)) select.value = before;
}

$("play-set").addEventListener("click", () => rule({ conversation: $("play").value }));
$("example-set").addEventListener("click", () => rule({ example: $("example").value }));
$("delay-form").addEventListener("submit", (event) => {
  event.preventDefault();
  rule({ delay: $("delay").value });
});

async function rule(what) {
  const whom = {};
  const [unit, amount] = $("how-many").value.split(" ");
  if (unit) whom[unit] = Number(amount);
  if ($("whose").value) {
    if (conversation.id === null) return report($("rules-status"), "The chat has no conversation yet. Send a message first.", true);
    whom.conversation_id = conversation.id;
  }
  await add({ ...what, ...whom }, $("rules-status"), `Rule added for ${$("how-many").selectedOptions[0].textContent}.`);
}

async function add(wanted, place, done) {
  try {
    await control("behaviour", { method: "POST", body: wanted });
    report(place, done);
    await showRules();
  } catch (error) {
    ignoreExpected(error);
    report(place, error.message, true);
  }
}

function report(place, text, bad = false) {
  place.classList.toggle("bad", bad);
  place.textContent = text;
}

async function showRules() {
  const { rules } = await controlled("behaviour");
  activeRules = rules.length;
  $("rules-count").textContent = rules.length || "";
  $("no-rules").hidden = rules.length > 0;
  $("rule-list").replaceChildren(
    ...rules.map((each, index) => {
      const remove = async () => {
        const rest = rules.filter((_, other) => other !== index);
        await control("behaviour", { method: "PUT", body: { rules: rest } }).catch(ignoreExpected);
        await showRules().catch(ignoreExpected);
      };
      return make("li", {}, make("span", { class: "rule" }, ruleText(each)), button("Edit", () => edit(each, rules, index), { class: "plain", "aria-label": `Edit ${ruleText(each)}` }), button("Remove", remove, { class: "plain", "aria-label": `Remove ${ruleText(each)}` }));
    }),
  );
}

// Editor of rules

const TEMPLATES = {
  "editor-reply": { reply: { message: "This one.", items: [{ item_id: "X1", title: "A lamp", price: "20.00" }] }, times: 1 },
  "editor-error": { code: 429, headers: { "Retry-After": "7" }, body: { detail: "Slow down" }, message: "desk", times: 1 },
  "editor-invalid": { reply: { items: [{ title: "No id" }] }, invalid: true, times: 1 },
};
/** The rules that the editor changes, and the index of the one in it; null for a new rule. */
let edited = null;

function edit(each, rules, index) {
  edited = rules === null ? null : { rules, index };
  $("editor").open = true;
  $("editor-text").value = JSON.stringify(each, null, 2);
  $("editor-save").textContent = edited ? "Save rule" : "Add rule";
  $("editor-cancel").hidden = !edited;
  $("editor-text").focus();
}

for (const [id, template] of Object.entries(TEMPLATES)) $(id).addEventListener("click", () => edit(template, null));
$("editor-cancel").addEventListener("click", closeEditor);

function closeEditor() {
  edited = null;
  $("editor").open = false;
  $("editor-save").textContent = "Add rule";
  $("editor-cancel").hidden = true;
}

$("editor-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  let written;
  try {
    written = JSON.parse($("editor-text").value);
  } catch (error) {
    return report($("rules-status"), `Not valid JSON: ${error.message}`, true);
  }
  const changed = edited?.rules.map((each, index) => (index === edited.index ? written : each));
  const done = changed ? "Rule saved." : "Rule added.";
  const sent = changed ? { method: "PUT", body: { rules: changed } } : { method: "POST", body: written };
  try {
    await control("behaviour", sent);
  } catch (error) {
    ignoreExpected(error);
    return report($("rules-status"), error.message, true);
  }
  closeEditor();
  report($("rules-status"), done);
  await showRules().catch(ignoreExpected);
});

function ruleText({ times, share, conversation_id: id, user_id: user, session_id: session, message, pattern, turn: number, request_headers: sent, name, optional, invalid, ...what }) {
  const does = Object.entries(what).map(([key, value]) => typeof value === "object" ? `fixed ${key}` : `${key} ${value}`);
  if (invalid) does.push("violates the contract");
  const many = times === undefined ? (share === undefined ? "every response" : `${Math.round(share * 100)}% of responses`) : times === 1 ? "the next response" : `the next ${times} responses`;
  const whom = [
    message && `to messages with “${message}”`,
    pattern && `to messages that match ${pattern}`,
    number && `in turn ${number}`,
    id && `in conversation ${id}`,
    session && `in session ${session}`,
    user && `to user ${user}`,
    sent && `with ${Object.entries(sent).map((pair) => pair.join(": ")).join(", ")}`,
    name && `(${name})`,
  ].filter(Boolean).join(" ");
  return `${does.join(", ")} for ${many} ${whom}`.trim();
}

$("reset").addEventListener("click", async () => {
  try {
    await control("reset", { method: "POST" });
  } catch (error) {
    ignoreExpected(error);
    return report($("rules-status"), error.message, true);
  }
  entries.clear();
  showEntries();
  startConversation();
  await showRules().catch(ignoreExpected);
  report($("rules-status"), "Conversations, requests and rules are deleted.");
});

// Gallery ---------------------------------------------------------------------------------------------------------

function showGallery() {
  const groups = grouped(overview.gallery);
  $("cards").replaceChildren(
    ...[...groups].map(([name, cards]) => make("section", {}, make("h3", {}, name), make("ul", { class: "cards" }, cards.map(galleryCard)))),
  );
}

function grouped(cards) {
  const groups = new Map();
  for (const card of cards) groups.set(card.group_title, [...(groups.get(card.group_title) ?? []), card]);
  return groups;
}

function galleryCard(card) {
  const outcome = make("div", { class: "outcome", role: "status" });
  const sendIt = button("Send", () => tryCard(card, outcome), { "aria-label": `Send: ${card.title}` });
  const useNext = () => {
    const status = make("p", {});
    outcome.replaceChildren(status);
    return add({ ...card.rule, times: 1 }, status, "Rule added for the next request of any client.");
  };
  return make(
    "li",
    {},
    make("h4", {}, card.title),
    make("p", { class: "about" }, card.about),
    make("p", { class: "actions" }, sendIt, card.rule ? button("Use for next request", useNext, { class: "plain", "aria-label": `Use for next request: ${card.title}` }) : null),
    outcome,
  );
}

async function tryCard(card, outcome) {
  outcome.replaceChildren(make("p", { class: "waiting" }, "Waiting"));
  let seen;
  try {
    seen = await send(await requestFor(card));
  } catch (error) {
    ignoreExpected(error);
    outcome.replaceChildren(make("p", {}, error.message));
    return;
  }
  const kind = seen.status === null || seen.failure ? "bad" : seen.status === 200 ? "good" : "warn";
  const more = ["Retry-After", "WWW-Authenticate"].filter((name) => seen.headers?.has(name)).map((name) => `${name}: ${seen.headers.get(name)}`);
  outcome.replaceChildren(
    make("p", {}, make("span", { class: `tag ${kind}` }, outcomeText(seen)), ` in ${seconds(seen.took)}`),
    ...(more.length ? [make("p", { class: "mono" }, more.join(", "))] : []),
    ...(seen.text ? [make("pre", { tabindex: "0", "aria-label": "Body of the response" }, cut(seen.json === undefined ? seen.text : pretty(seen.json), 5000))] : []),
  );
}

/** Returns the request that gets a card's response, without an effect on other clients. */
async function requestFor(card) {
  const path = overview.trial.operation;
  if (card.request) return { path, method: card.request.method, headers: card.request.headers, body: card.request.body };
  if (card.prefer) return { path, headers: { Prefer: card.prefer }, body: JSON.stringify(overview.sample) };
  const id = crypto.randomUUID?.() ?? `console-${Date.now()}-${Math.random()}`;
  await control(`${overview.trial.control}behaviour`, { method: "POST", body: { ...card.rule, times: 1, conversation_id: id } });
  return { path, body: JSON.stringify({ ...overview.sample, conversation_id: id }) };
}

// Fixtures --------------------------------------------------------------------------------------------------------

$("explain").addEventListener("submit", async (event) => {
  event.preventDefault();
  const message = $("explain-message").value;
  const found = await controlled(`explain?${new URLSearchParams({ message })}`).catch(ignoreExpected);
  if (!found) return;
  const lines = [];
  if (found.also_matching.length) lines.push(`Also matching, less specific: ${found.also_matching.join(", ")}`);
  for (const miss of found.not_matched) lines.push(`Not matching: ${miss.conversation} (${miss.text})`);
  $("explained").replaceChildren(
    make(
      "div",
      { class: "explanation" },
      make("p", {}, make("span", { class: `tag ${found.conversation ? "good" : "cool"}` }, found.conversation ?? found.text)),
      make("p", {}, found.reply),
      found.items.length ? make("p", { class: "mono quiet" }, found.items.join("  ")) : null,
      lines.length ? make("ul", { class: "facts quiet" }, lines.map((line) => make("li", {}, line))) : null,
    ),
  );
});

function showConversations() {
  $("conversations").replaceChildren(
    ...overview.conversations.map((each) =>
      make(
        "details",
        { class: "conversation" },
        make("summary", {}, make("b", {}, each.name), each.about ? make("span", { class: "quiet" }, each.about) : null),
        make(
          "ol",
          {},
          each.turns.map((one) =>
            make("li", {}, make("p", { class: "cue" }, one.shopper), make("p", {}, one.reply, one.outcome ? make("span", { class: "tag warn" }, one.outcome) : null), one.items.length ? make("p", { class: "mono quiet" }, one.items.join("  ")) : null),
          ),
        ),
        each.opening ? make("p", { class: "actions" }, button("Try it in the chat", () => tryOut(each.opening))) : null,
      ),
    ),
  );
}

function tryOut(message) {
  startConversation();
  if (narrow.matches) choose("chat");
  say(message);
}

// Start -----------------------------------------------------------------------------------------------------------

choose(chosen || (narrow.matches ? "chat" : "requests"));
showEntries();
await loadOverview().catch(ignoreExpected);
if (overview) showErrors(overview.health);
watchHealth();
follow();
await showRules().catch(ignoreExpected);
