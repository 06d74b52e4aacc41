// Checks of what the control API returns: the parts that this package uses have their types.

/** @typedef {import("../types/control.js").components["schemas"]} Schemas */

/** @type {(value: unknown) => value is Record<string, any>} */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @type {(value: unknown) => value is Schemas["Requests"]} */
export function isJournal(value) {
  return isObject(value) && typeof value.dropped === "number" && Array.isArray(value.requests) && value.requests.every(isRequest);
}

/** @type {(value: unknown) => value is Schemas["Rules"]} */
export function isRules(value) {
  return isObject(value) && Array.isArray(value.rules) && value.rules.every(isRule);
}

/** @type {(value: unknown) => boolean} */
function isRule(value) {
  return isObject(value) && (value.name === undefined || typeof value.name === "string");
}

/** @type {(value: unknown) => boolean} */
function isRequest(value) {
  return (
    isObject(value) &&
    typeof value.number === "number" &&
    typeof value.method === "string" &&
    typeof value.path === "string" &&
    typeof value.status === "number" &&
    isObject(value.request) &&
    isObject(value.request.headers) &&
    isVerdict(value.verdict)
  );
}

/** @type {(value: unknown) => boolean} */
function isVerdict(value) {
  return (
    isObject(value) &&
    [true, false, null].includes(value.keeps_contract) &&
    (value.text === null || typeof value.text === "string") &&
    Array.isArray(value.faults) &&
    value.faults.every((fault) => isObject(fault) && typeof fault.text === "string")
  );
}
