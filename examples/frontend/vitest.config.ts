import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Starts one mock for all workers; each worker uses a space of its own.
    globalSetup: "@chat-contract/mock/vitest-setup",
    testTimeout: 120_000,
    include: ["test/**/*.test.ts"],
  },
});
