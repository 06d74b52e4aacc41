import { defineConfig } from "@playwright/test";

const port = Number(process.env.PAGE_PORT ?? 5174);

export default defineConfig({
  testDir: "e2e",
  globalSetup: "@chat-contract/mock/playwright-setup",
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
  },
  webServer: { command: `vite page --host 127.0.0.1 --port ${port} --strictPort`, port },
});
