// Errors whose stack shows the lines of the test, not those of this package.

const HERE = new URL(".", import.meta.url);

/** Returns whether a line of a stack is in this package. @type {(line: string) => boolean} */
export function isOwn(line) {
  return line.includes(HERE.href) || line.includes(decodeURIComponent(HERE.pathname).replace(/^\/(?=[A-Za-z]:)/, ""));
}

/** Control characters except tab and line break, and controls of the direction of text. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

/** Returns a text in which the characters that change what a terminal shows are escapes; line breaks stay.
 * @type {(text: string) => string} */
function visibleText(text) {
  return text.replace(INVISIBLE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Returns the same on one line: line breaks are escapes too. @type {(text: string) => string} */
export function visible(text) {
  return visibleText(text).replace(/\n/g, "\\u000a");
}

/** An error of this package. Its message contains texts of requests, with invisible characters as escapes. */
export class MockError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(visibleText(message));
    // Only frames have the location of a file at their end.
    const lines = (this.stack ?? "").split("\n");
    this.stack = lines.filter((line) => !(/:\d+:\d+\)?$/.test(line) && (isOwn(line) || line.includes("node:internal")))).join("\n");
  }
}
