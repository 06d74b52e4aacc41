// The console of the mock. Whatever comes from a message, a fixture or an answer is put on the page as text, never as
// markup; the page's Content-Security-Policy forbids the other way.

const $ = (id) => document.getElementById(id);

/** Makes an element; `on` holds listeners, a child that is no element becomes text. */
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

class Refused extends Error {}

/** Asks the control API; the token goes into a header, never into a URL. */
async function control(path, { method = "GET", body, signal } = {}) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers["X-Mock-Token"] = token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, signal, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  const detail = said.detail ?? `status ${answer.status}`;
  if (answer.status === 403) lock(detail);
  throw new Refused(detail);
}

const controlled = async (path, options) => (await control(path, options)).json();

function lock(detail) {
  $("locked-text").textContent = `To open it, ${detail}`;
  // Where no token would help, there is nothing to type.
  $("door").hidden = !detail.includes("--control-token set");
  if (!detail.includes("--control-token set")) $("locked-text").textContent = detail;
  $("locked").hidden = false;
}

$("door").addEventListener("submit", async (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, $("token").value);
  $("token").value = "";
  try {
    await loadOverview();
    $("locked").hidden = true;
    refollow();
    await showRules();
  } catch (error) {
    if (error instanceof Refused) $("locked-text").textContent = `That was not the token: ${error.message}`;
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
  $("chat").setAttribute("role", narrow.matches ? "tabpanel" : "region");
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

// What is served --------------------------------------------------------------------------------------------------

async function loadOverview() {
  overview = await controlled("overview");
  revision = overview.freshness.revision;
  $("method").textContent = overview.operation.method;
  $("path").textContent = overview.operation.path;
  $("address").textContent = `${location.origin}${overview.operation.path}`;
  $("limit").placeholder = String(overview.default_limit);
  $("served").textContent = `${overview.conversations.length}, and ${plural(overview.items, "item")} in the catalogue`;
  showOpenings();
  showChoices();
  showGallery();
  showConversations();
}

async function keepFresh() {
  for (;;) {
    if (!document.hidden) await checkHealth();
    await pause(1000);
  }
}

async function checkHealth() {
  let fresh;
  try {
    fresh = await (await fetch("health", { cache: "no-store" })).json();
  } catch {
    setState("gone", "not reachable");
    return;
  }
  const faults = fresh.errors.length;
  setState(faults ? "stale" : "live", faults ? "serving what was read before" : "live");
  if (revision === fresh.revision) return;
  const first = revision === null;
  revision = fresh.revision;
  showFaults(fresh);
  if (!first && $("locked").hidden) await loadOverview().catch(ignoreRefusal);
}

function setState(kind, text) {
  const state = $("state");
  if (state.textContent === text) return;
  state.className = `state ${kind}`;
  state.textContent = text;
}

function ignoreRefusal(error) {
  // What the control API refuses is shown where it is locked; a mock that is gone shows in the state.
  if (!(error instanceof Refused) && !(error instanceof TypeError)) throw error;
}

function showFaults(fresh) {
  const faults = fresh.errors;
  $("fixtures-count").textContent = faults.length || "";
  $("broken").hidden = !faults.length;
  if (faults.length) {
    $("broken-title").textContent = faults.length === 1 ? "A file cannot be served." : `${faults.length} files cannot be served.`;
    $("broken-text").textContent = `The mock goes on with what it read at ${clock(fresh.read_at)}.`;
  }
  $("faulty").replaceChildren(...faults.map(faultCard));
}

function faultCard(fault) {
  const where = [fault.file, fault.line].filter((part) => part != null).join(":");
  return make(
    "article",
    { class: "fault" },
    where ? make("p", { class: "where" }, where) : null,
    make("p", {}, fault.problem),
    make(
      "dl",
      {},
      fault.pointer ? [make("dt", {}, "at"), make("dd", { class: "mono" }, fault.pointer)] : [],
      fault.value != null ? [make("dt", {}, "value"), make("dd", { class: "mono" }, fault.value)] : [],
      fault.hint ? [make("dt", {}, "hint"), make("dd", {}, fault.hint)] : [],
    ),
  );
}

$("broken-show").addEventListener("click", () => choose("fixtures", { focus: true }));

const clock = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

// The operation ---------------------------------------------------------------------------------------------------

/** Sends a request to the operation and tells all that a browser can see of the answer. Never throws. */
async function send({ method = overview.operation.method, headers = {}, body, signal }) {
  const begun = performance.now();
  const key = $("key").value;
  const all = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}), ...headers };
  const seen = { status: null, text: null, json: undefined, failure: null, headers: null };
  try {
    const answer = await fetch(overview.operation.path, { method, headers: all, body, signal, cache: "no-store" });
    seen.status = answer.status;
    seen.headers = answer.headers;
    seen.text = await answer.text();
    seen.json = JSON.parse(seen.text);
  } catch (error) {
    seen.failure = error;
  }
  seen.took = performance.now() - begun;
  return seen;
}

function inWords(seen) {
  const { status, failure } = seen;
  if (status === null) return failure.name === "AbortError" ? "You stopped waiting." : `No answer: fetch fails with “${failure.message}”`;
  if (seen.text === null) return `Status ${status}, then the body breaks off: “${failure.message}”`;
  if (failure) return seen.text === "" ? `Status ${status} without a body` : `Status ${status}, and the body is no JSON`;
  return `Status ${status}`;
}

/** What a refusal says, as lines. */
function complaints(json) {
  const detail = json?.detail;
  if (Array.isArray(detail)) return detail.map((entry) => `${(entry?.loc ?? []).join(".")}: ${entry?.msg ?? pretty(entry)}`);
  return detail == null ? [] : [pretty(detail)];
}

// Chat ------------------------------------------------------------------------------------------------------------

const talk = { id: null, events: [], waiting: null };

function showOpenings() {
  $("openings").replaceChildren(...overview.openings.slice(0, 4).map((text) => make("li", {}, button(text, () => say(text)))));
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (talk.waiting) talk.waiting.abort();
  else say($("message").value);
});
$("message").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!talk.waiting) say($("message").value);
});
$("begin").addEventListener("click", begin);

function begin() {
  talk.waiting?.abort();
  talk.id = null;
  talk.events = [];
  $("log").replaceChildren($("welcome"));
  $("welcome").hidden = false;
  showConversationId();
  showEvents();
  $("message").focus();
}

function showConversationId() {
  $("conversation").textContent = talk.id ?? "no conversation yet";
}

async function say(message) {
  if (!overview || talk.waiting) return;
  $("welcome").hidden = true;
  $("message").value = "";
  const events = talk.events;
  talk.events = [];
  showEvents();
  append(make("p", { class: "bubble shopper" }, message));
  const waiting = append(make("p", { class: "waiting" }, "waiting"));
  const abort = (talk.waiting = new AbortController());
  $("send").textContent = "Stop";
  const seen = await send({ body: JSON.stringify(turn(message, events)), signal: abort.signal });
  if (talk.waiting === abort) {
    talk.waiting = null;
    $("send").textContent = "Send";
  }
  if (!waiting.isConnected) return; // A new conversation has begun since.
  waiting.remove();
  showReply(seen);
}

/** The body of a turn: fields that are left empty are left out, so that each case can be tried. */
function turn(message, events) {
  const body = { message };
  if (talk.id !== null) body.conversation_id = talk.id;
  for (const name of ["session_id", "user_id"]) if ($(name).value) body[name] = $(name).value;
  if (events.length) body.events = events;
  if ($("limit").value !== "") body.limit = Number($("limit").value);
  return body;
}

function showReply(seen) {
  const json = seen.json;
  if (seen.status === 200 && json && typeof json === "object" && !Array.isArray(json)) {
    if (typeof json.conversation_id === "string") talk.id = json.conversation_id;
    showConversationId();
    const said = typeof json.message === "string" ? json.message : pretty(json.message ?? null);
    append(make("p", { class: "bubble shop" }, said || "(an empty message)"));
    const items = Array.isArray(json.items) ? json.items : [];
    if (items.length) append(make("div", { class: "items" }, items.map(itemCard)));
  } else {
    const lines = complaints(json).map((line) => make("li", {}, cut(line, 400)));
    append(make("div", { class: "bubble refusal" }, make("b", {}, inWords(seen)), lines.length ? make("ul", {}, lines) : null));
  }
  const id = talk.id;
  const why = button("Why this?", () => showLatest(id), { class: "plain" });
  append(make("p", { class: "under" }, `${seen.status ?? "no status"} in ${seconds(seen.took)}`, why));
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
  const title = text("title") ?? text("item_id") ?? "no title";
  const status = text("status");
  const price = [text("price"), text("price_currency")].filter(Boolean).join(" ");
  const card = make("article", { class: "item" });
  const tell = (type, description) => {
    note({ timestamp: new Date().toISOString(), type, ...(text("item_id") ? { item_id: text("item_id") } : {}), description });
    card.classList.add("told");
  };
  const look = button(title, () => tell("click", `Clicked on ${cut(title, 80)}`));
  const buy = button("Buy", () => tell("purchase", `Bought ${cut(title, 80)}`), { "aria-label": `Buy ${title}` });
  const kind = status === "active" ? "good" : "warn";
  card.append(
    make("div", { class: "top-line" }, make("code", {}, text("item_id") ?? "no item_id"), status ? make("span", { class: `tag ${kind}` }, status) : ""),
    make("h4", {}, look),
    make("p", { class: "description" }, text("description") ?? ""),
    make("div", { class: "foot" }, make("span", { class: "price" }, price || "no price"), buy),
  );
  return card;
}

function note(event) {
  talk.events.push(event);
  showEvents();
}

function showEvents() {
  const list = $("events");
  list.hidden = !talk.events.length;
  list.replaceChildren(
    ...talk.events.map((event, index) => {
      const label = `${event.type} ${event.item_id ?? ""}`.trim();
      const forget = () => {
        talk.events.splice(index, 1);
        showEvents();
        $("message").focus();
      };
      return make("li", { title: `${event.timestamp} ${event.description}` }, label, button("×", forget, { "aria-label": `Do not send ${label}` }));
    }),
  );
}

for (const name of ["limit", "session_id", "user_id", "key"]) {
  $(name).addEventListener("input", () => {
    const set = ["limit", "session_id", "user_id", "key"].filter((each) => $(each).value !== "");
    $("fields-set").textContent = set.length ? `(${set.join(", ")})` : "";
  });
}

// Journal ---------------------------------------------------------------------------------------------------------

const MOST_ENTRIES = 300;
const entries = new Map();
const open = new Set();
let following = null;

/** Reads the journal's stream for as long as the page is looked at, and catches up whenever it begins anew. */
async function follow() {
  for (;;) {
    if (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
    else {
      following = new AbortController();
      try {
        const answer = await control("requests/stream", { signal: following.signal });
        await readLines(answer.body, following.signal);
      } catch (error) {
        if (error.name !== "AbortError") ignoreRefusal(error);
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
  let begun = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) return;
    if (!begun) {
      begun = true;
      await catchUp();
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    const fresh = lines.filter(Boolean).map((line) => JSON.parse(line));
    if (fresh.length) take(fresh);
  }
}

async function catchUp() {
  const { requests } = await controlled(`requests?last=${MOST_ENTRIES}`);
  entries.clear();
  take(requests, { announce: false });
}

function take(fresh, { announce = true } = {}) {
  for (const entry of fresh) entries.set(entry.number, entry);
  for (const number of [...entries.keys()].slice(0, Math.max(0, entries.size - MOST_ENTRIES))) entries.delete(number);
  showEntries();
  if (announce) {
    const broken = fresh.filter(breaks).length;
    $("journal-said").textContent = `${plural(fresh.length, "new request")}${broken ? `, ${broken} against the contract` : ""}`;
  }
  if (rulesInForce) showRules().catch(ignoreRefusal);
}

const breaks = (entry) => entry.verdict.keeps_contract === false;

function isWanted(entry) {
  const kind = $("journal-kind").value;
  if (kind === "breaks" ? !breaks(entry) : kind && !String(entry.status).startsWith(kind)) return false;
  const text = $("journal-text").value.trim().toLowerCase();
  return !text || [says(entry), entry.path, entry.conversation_id ?? "", entry.why.conversation ?? ""].some((part) => part.toLowerCase().includes(text));
}

/** One line on what was asked. */
function says(entry) {
  const body = entry.request.body;
  if (typeof body?.message === "string") return body.message;
  if (body == null) return `${entry.method} ${entry.path}`;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function showEntries() {
  const wanted = [...entries.values()].filter(isWanted).sort((one, other) => other.number - one.number);
  const there = new Map([...$("entries").children].map((element) => [element.dataset.number, element]));
  // What is on the page already stays, so that focus and scrolling do too.
  $("entries").replaceChildren(...wanted.map((entry) => reused(there.get(String(entry.number)), entry)));
  $("journal-empty").hidden = wanted.length > 0;
  $("journal-empty").querySelector(".lead").textContent = entries.size ? "No request is like that." : "Nothing has been asked yet.";
  $("journal-count").textContent = entries.size || "";
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
    make("span", { class: "what" }, cut(says(entry), 200)),
    verdictTag(entry),
    make("time", { datetime: entry.time }, clock(entry.time)),
  );
  element.append(row);
  if (open.has(entry.number)) toggle(element, row);
  return element;
}

function verdictTag(entry) {
  if (entry.reply.fault) return make("span", { class: "tag bad" }, entry.reply.fault);
  if (entry.verdict.keeps_contract === null) return make("span", { class: "tag" }, "not judged");
  if (breaks(entry)) return make("span", { class: "tag bad" }, "breaks the contract");
  return make("span", { class: "tag good" }, "keeps it");
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
  const said = make("span", { role: "status", class: "quiet" });
  const shown = make("div", {});
  return make(
    "div",
    { class: "detail" },
    make("div", {}, facts("Why this reply", whyLines(entry)), missedTurns(entry)),
    facts("Verdict by the contract", verdictLines(entry)),
    make("div", { class: "sides" }, side("Request", entry.request), side("Reply", entry.reply)),
    make("div", {}, make("p", { class: "actions" }, button("Copy as curl", () => copyCurl(entry, said, shown)), said), shown),
  );
}

const facts = (title, lines) => make("div", {}, make("h3", {}, title), make("ul", { class: "facts" }, lines.map((line) => make("li", {}, line))));

function whyLines(entry) {
  const { because, conversation, turn: number } = entry.why;
  const lines = conversation === undefined ? [because || "no reason is known"] : [`${conversation}, turn ${number + 1} (${because})`];
  if (entry.reply.delay) lines.push(`held back for ${seconds(entry.reply.delay * 1000)}`);
  if (entry.reply.fault) lines.push(`spoilt: ${entry.reply.fault}`);
  return [...lines, ...entry.notes];
}

function missedTurns(entry) {
  const missed = entry.why.not_matched ?? [];
  if (!missed.length) return null;
  const lines = missed.map((miss) => `${miss.conversation}, turn ${miss.turn + 1}: the message lacks ${cut(miss.lacks.join(", "), 200)}`);
  return make("details", {}, make("summary", {}, `What came near and did not match (${missed.length})`), make("ul", { class: "facts quiet" }, lines.map((line) => make("li", {}, line))));
}

function verdictLines(entry) {
  const { keeps_contract: keeps, request_class: requestClass, faults, answer, says: reason } = entry.verdict;
  const lines = [];
  if (keeps === null) lines.push(reason ?? "not judged");
  else lines.push(`the request ${keeps ? "keeps" : "breaks"} the contract${requestClass ? ` (${requestClass.replaceAll("-", " ")})` : ""}`);
  return [...lines, ...faults, ...answer.map((fault) => `the reply: ${fault}`)];
}

function side(title, half) {
  const body = half.body == null || half.body === "" ? "(no body)" : pretty(half.body);
  const headers = Object.entries(half.headers).map(([name, value]) => `${name}: ${value}`);
  return make(
    "div",
    {},
    make("h3", {}, title),
    make("pre", { tabindex: "0", "aria-label": `Body of the ${title.toLowerCase()}` }, body),
    headers.length ? make("details", {}, make("summary", {}, plural(headers.length, "header")), make("pre", {}, headers.join("\n"))) : null,
  );
}

async function copyCurl(entry, said, shown) {
  try {
    const command = await (await control(`requests/${entry.number}/curl`)).text();
    shown.replaceChildren(make("pre", { tabindex: "0", "aria-label": "The command" }, command));
    // Browsers hand out the clipboard only to pages of https and of this machine.
    await navigator.clipboard.writeText(command);
    said.textContent = "copied";
  } catch (error) {
    said.textContent = error instanceof Refused ? error.message : "the clipboard is closed; copy it from here";
  }
}

/** Shows why the conversation's last reply was given. */
function showLatest(id) {
  const found = [...entries.values()].filter((entry) => id === null || entry.conversation_id === id).pop();
  $("journal-text").value = "";
  $("journal-kind").value = "";
  if (found) open.add(found.number);
  showEntries();
  choose("journal");
  const row = found && $("entries").querySelector(`[data-number="${found.number}"] .row`);
  if (!row) return;
  if (row.getAttribute("aria-expanded") !== "true") toggle(row.parentElement, row);
  row.scrollIntoView({ block: "nearest" });
  row.focus();
}

$("journal-text").addEventListener("input", showEntries);
$("journal-kind").addEventListener("change", showEntries);
$("journal-clear").addEventListener("click", async () => {
  await control("requests", { method: "DELETE" }).catch(ignoreRefusal);
  entries.clear();
  showEntries();
});

// Behaviour -------------------------------------------------------------------------------------------------------

const CODES = [400, 401, 403, 404, 422, 429, 500, 502, 503, 504];
const DELAYS = [
  ["300 ms", "300ms"],
  ["1 s", "1s"],
  ["5 s", "5s"],
  ["like a language model", "median=800ms p95=3s"],
];
let rulesInForce = 0;

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
    if (talk.id === null) return tell($("behaviour-said"), "There is no conversation in the chat yet: say something first.", true);
    whom.conversation_id = talk.id;
  }
  await add({ ...what, ...whom }, $("behaviour-said"), `Set for ${$("how-many").selectedOptions[0].textContent}.`);
}

async function add(wanted, place, done) {
  try {
    await control("behaviour", { method: "POST", body: wanted });
    tell(place, done);
    await showRules();
  } catch (error) {
    ignoreRefusal(error);
    tell(place, error.message, true);
  }
}

function tell(place, text, bad = false) {
  place.classList.toggle("bad", bad);
  place.textContent = text;
}

async function showRules() {
  const { rules } = await controlled("behaviour");
  rulesInForce = rules.length;
  $("behaviour-count").textContent = rules.length || "";
  $("no-rules").hidden = rules.length > 0;
  $("rules").replaceChildren(
    ...rules.map((each, index) => {
      const remove = async () => {
        const rest = rules.filter((_, other) => other !== index);
        await control("behaviour", { method: "PUT", body: { rules: rest } }).catch(ignoreRefusal);
        await showRules().catch(ignoreRefusal);
      };
      return make("li", {}, ruleInWords(each), button("Remove", remove, { class: "plain", "aria-label": `Remove ${ruleInWords(each)}` }));
    }),
  );
}

function ruleInWords({ times, share, conversation_id: conversation, user_id: user, ...what }) {
  const does = Object.entries(what).map(([name, value]) => `${name} ${typeof value === "object" ? "given" : value}`);
  const many = times === undefined ? (share === undefined ? "every answer" : `${Math.round(share * 100)} % of answers`) : times === 1 ? "the next answer" : `the next ${times} answers`;
  const whom = [conversation && `in ${conversation}`, user && `to ${user}`].filter(Boolean).join(" ");
  return `${does.join(", ")} for ${many} ${whom}`.trim();
}

$("reset").addEventListener("click", async () => {
  await control("reset", { method: "POST" }).catch(ignoreRefusal);
  entries.clear();
  showEntries();
  begin();
  await showRules().catch(ignoreRefusal);
  tell($("behaviour-said"), "The mock has forgotten everything.");
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
  for (const card of cards) groups.set(card.group, [...(groups.get(card.group) ?? []), card]);
  return groups;
}

function galleryCard(card) {
  const outcome = make("div", { class: "outcome", role: "status" });
  const sendIt = button("Send it", () => provoke(card, outcome), { "aria-label": `Send it: ${card.title}` });
  const forApp = () => {
    const said = make("p", {});
    outcome.replaceChildren(said);
    return add({ ...card.rule, times: 1 }, said, "The next answer to anybody will be this.");
  };
  return make(
    "li",
    {},
    make("h4", {}, card.title),
    make("p", { class: "about" }, card.about),
    make("p", { class: "actions" }, sendIt, card.rule ? button("For my app", forApp, { class: "plain", "aria-label": `For my app: ${card.title}` }) : null),
    outcome,
  );
}

async function provoke(card, outcome) {
  outcome.replaceChildren(make("p", { class: "waiting" }, "waiting"));
  let seen;
  try {
    seen = await send(await provocation(card));
  } catch (error) {
    ignoreRefusal(error);
    outcome.replaceChildren(make("p", {}, error.message));
    return;
  }
  const kind = seen.status === null || seen.failure ? "bad" : seen.status === 200 ? "good" : "warn";
  const more = ["Retry-After", "WWW-Authenticate"].filter((name) => seen.headers?.has(name)).map((name) => `${name}: ${seen.headers.get(name)}`);
  outcome.replaceChildren(
    make("p", {}, make("span", { class: `tag ${kind}` }, inWords(seen)), ` in ${seconds(seen.took)}`),
    ...(more.length ? [make("p", { class: "mono" }, more.join(", "))] : []),
    ...(seen.text ? [make("pre", { tabindex: "0", "aria-label": "What came" }, cut(seen.json === undefined ? seen.text : pretty(seen.json), 5000))] : []),
  );
}

/** How to bring a card about, for this one request and for nobody else's. */
async function provocation(card) {
  if (card.request) return { method: card.request.method, headers: card.request.headers, body: card.request.body };
  if (card.prefer) return { headers: { Prefer: card.prefer }, body: JSON.stringify(overview.sample) };
  const id = crypto.randomUUID?.() ?? `console-${Date.now()}-${Math.random()}`;
  await control("behaviour", { method: "POST", body: { ...card.rule, times: 1, conversation_id: id } });
  return { body: JSON.stringify({ ...overview.sample, conversation_id: id }) };
}

// Fixtures --------------------------------------------------------------------------------------------------------

$("explain").addEventListener("submit", async (event) => {
  event.preventDefault();
  const message = $("explain-message").value;
  const found = await controlled(`explain?${new URLSearchParams({ message })}`).catch(ignoreRefusal);
  if (!found) return;
  const lines = [];
  if (found.would_match_too.length) lines.push(`would match too, but says less: ${found.would_match_too.join(", ")}`);
  for (const miss of found.not_matched) lines.push(`not ${miss.conversation}: the message lacks ${miss.lacks.join(", ")}`);
  $("explained").replaceChildren(
    make(
      "div",
      { class: "said-by" },
      make("p", {}, make("span", { class: `tag ${found.answers ? "good" : "cool"}` }, found.answers ?? "a search of the catalogue")),
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
        { class: "talk" },
        make("summary", {}, make("b", {}, each.name), each.about ? make("span", { class: "quiet" }, each.about) : null),
        make(
          "ol",
          {},
          each.turns.map((one) =>
            make("li", {}, make("p", { class: "cue" }, one.shopper), make("p", {}, one.reply), one.items.length ? make("p", { class: "mono quiet" }, one.items.join("  ")) : null),
          ),
        ),
        each.opening ? make("p", { class: "actions" }, button("Try it in the chat", () => tryOut(each.opening))) : null,
      ),
    ),
  );
}

function tryOut(message) {
  begin();
  if (narrow.matches) choose("chat");
  say(message);
}

// Begin -----------------------------------------------------------------------------------------------------------

choose(chosen || (narrow.matches ? "chat" : "journal"));
showEntries();
await loadOverview().catch(ignoreRefusal);
if (overview) showFaults(overview.freshness);
keepFresh();
follow();
await showRules().catch(ignoreRefusal);
