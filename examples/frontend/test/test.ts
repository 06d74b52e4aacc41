// Vitest's `it` with the fixture `chatMock`: a space of the mock for this worker, reset before each test.
import { chatMockFixtures, type ChatMockFixtures } from "@chat-contract/mock/vitest";
import { test } from "vitest";

export const it = test.extend<ChatMockFixtures>(chatMockFixtures);
