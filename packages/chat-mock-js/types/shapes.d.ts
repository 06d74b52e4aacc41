export function isJournal(value: unknown): value is Schemas["Requests"];
export function isRules(value: unknown): value is Schemas["Rules"];
export type Schemas = import("../types/control.js").components["schemas"];
