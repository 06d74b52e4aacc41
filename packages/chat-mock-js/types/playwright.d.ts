export namespace chatMockFixtures {
    let chatMockReplaces: [string | undefined, {
        option: true;
    }];
    let chatMockOfWorker: [(given: {}, use: Use<ChatMock>, info: {
        parallelIndex: number;
    }) => Promise<void>, {
        scope: "worker";
    }];
    let chatMock: [(given: {
        chatMockOfWorker: ChatMock;
        chatMockReplaces: string | undefined;
        context: Context;
    }, use: Use<ChatMock>) => Promise<void>, {
        auto: true;
    }];
}
export type ChatMock = import("./client.js").ChatMock;
export type ChatMockFixtures = {
    chatMock: ChatMock;
    chatMockReplaces: string | undefined;
};
export type ChatMockWorkerFixtures = {
    chatMockOfWorker: ChatMock;
};
export type Route = {
    request(): {
        url(): string;
    };
    continue(changes: {
        url: string;
    }): Promise<unknown>;
};
export type Context = {
    route(matches: (url: URL) => boolean, handle: (route: Route) => unknown): Promise<unknown>;
};
export type Use<T> = (value: T) => Promise<void>;
