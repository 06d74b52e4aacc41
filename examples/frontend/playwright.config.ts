import { defineConfig } from "@playwright/test";

const port = Number(process.env.PAGE_PORT ?? 5174);

export default defineConfig({
  testDir: "e2e",
  // A busy machine takes long to start a browser.
  timeout: 120_000,
  expect: { timeout: 60_000 },
  globalSetup: "@chat-contract/mock/playwright-setup",
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
  },
  webServer: { command: `vite page --host 127.0.0.1 --port ${port} --strictPort`, port },
});
