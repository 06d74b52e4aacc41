export function isOwn(line: string): boolean;
export function visible(text: string): string;
/** An error of this package. Its message contains texts of requests, with invisible characters as escapes. */
export class MockError extends Error {
    /** @param {string} message */
    constructor(message: string);
    stack: string;
}
