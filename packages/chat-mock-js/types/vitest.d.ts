export namespace chatMockFixtures {
    let chatMock: (context: {}, use: (mock: import("./client.js").ChatMock) => Promise<void>) => Promise<void>;
}
export type ChatMockFixtures = {
    chatMock: import("./client.js").ChatMock;
};
