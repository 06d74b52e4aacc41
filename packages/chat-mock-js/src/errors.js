// Errors whose stack shows the lines of the test, not those of this package.

const HERE = new URL(".", import.meta.url);

/** Returns whether a line of a stack is in this package. @type {(line: string) => boolean} */
export function isOwn(line) {
  return line.includes(HERE.href) || line.includes(decodeURIComponent(HERE.pathname).replace(/^\/(?=[A-Za-z]:)/, ""));
}

/** An error of this package. */
export class MockError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    // Only frames have the location of a file at their end.
    const lines = (this.stack ?? "").split("\n");
    this.stack = lines.filter((line) => !(/:\d+:\d+\)?$/.test(line) && (isOwn(line) || line.includes("node:internal")))).join("\n");
  }
}
