export { ChatMock, ChatMockError, connect } from "./client.js";
export { CommandNotFoundError, findCommand } from "./find.js";
export { StartError, startMock } from "./start.js";
