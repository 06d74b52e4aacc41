export function isOwn(line: string): boolean;
/** An error of this package. */
export class MockError extends Error {
    /** @param {string} message */
    constructor(message: string);
    stack: string;
}
