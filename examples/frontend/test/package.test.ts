// The package itself: what fails a test, what it says, and how it finds the mock.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ChatMockError, CommandNotFoundError, connect, findCommand, startMock, StartError } from "@chat-contract/mock";
import { chatMockFixtures } from "@chat-contract/mock/vitest";
import { afterEach, expect, test as plain, vi } from "vitest";
import { Conversation } from "../src/shop";
import { it } from "./test";

const command = findCommand().join(" ");

afterEach(() => {
  vi.unstubAllEnvs();
});

it("check() names the field that violates the contract", async ({ chatMock }) => {
  await new Conversation(chatMock.url).ask("A desk", { limit: "two" as unknown as number });
  await expect(chatMock.check()).rejects.toThrow(/1 request in violation of the contract:\n.*\n.*limit/);
  chatMock.allowViolations();
  await chatMock.check();
});

it("check() names an unused reply and its line", async ({ chatMock }) => {
  await chatMock.reply("Never asked for.");
  await expect(chatMock.check()).rejects.toThrow(/reply\(\) at package\.test\.ts:\d+: .*Never asked for/);
  await chatMock.reset();
  await chatMock.fail("reset", { optional: true });
  await chatMock.check();
});

plain("the fixture fails a test whose client violates the contract", async () => {
  const fails = chatMockFixtures.chatMock({}, async (chatMock) => {
    await new Conversation(chatMock.url).ask("A desk", { limit: "two" as unknown as number });
  });
  await expect(fails).rejects.toThrow(ChatMockError);
});

it("assertCalled() lists the received requests", async ({ chatMock }) => {
  await new Conversation(chatMock.url).ask("A lamp");
  await chatMock.assertCalled({ message: "lamp", times: 1, status: "2xx" });
  await expect(chatMock.assertCalled({ message: "desk" })).rejects.toThrow(
    /Expected at least 1 of these requests with message: "desk", got 0\.\nRequests received: 1\n {2}POST /,
  );
});

it("waitForRequest() returns a request that arrives later", async ({ chatMock }) => {
  const waiting = chatMock.waitForRequest({ message: "lamp", seconds: 60 });
  await new Conversation(chatMock.url).ask("A lamp");
  expect((await waiting).status).toBe(200);
  await expect(chatMock.waitForRequest({ message: "desk", seconds: 0.05 })).rejects.toThrow("within 0.05 s");
});

it("the stack of an error shows the line of the test first", async ({ chatMock }) => {
  const error = await chatMock.assertCalled().catch((caught: Error) => caught);
  expect(error).toBeInstanceOf(ChatMockError);
  const frames = (error as Error).stack?.split("\n").filter((line) => line.startsWith("    at ")) ?? [];
  expect(frames[0]).toContain("package.test.ts");
});

it("a wrong rule is rejected with the valid values", async ({ chatMock }) => {
  await expect(chatMock.fail("explode" as "reset")).rejects.toThrow(/fault.*reset/);
});

it("a reply with conditions applies to the requests that meet them", async ({ chatMock }) => {
  await chatMock.reply("A lamp!", [], { to: "lamp", times: null });
  const conversation = new Conversation(chatMock.url);
  expect(await conversation.ask("A desk")).not.toMatchObject({ message: "A lamp!" });
  for (let turn = 0; turn < 2; turn++) {
    expect(await conversation.ask("A lamp")).toMatchObject({ message: "A lamp!" });
  }
});

it("spaces do not share requests", async ({ chatMock }) => {
  const other = chatMock.space(`${new URL(chatMock.url).pathname.split("/")[3]}-other`);
  await new Conversation(other.url).ask("A lamp");
  await other.assertCalled({ times: 1 });
  await chatMock.assertCalled({ times: 0 });
});

plain("startMock() passes options, and stop() ends the process", async () => {
  const mock = await startMock({ args: ["--require-key", "secret", "--control-token", "token"] });
  expect(await new Conversation(mock.url).ask("A desk")).toEqual({ kind: "failed" });
  await mock.space("w1").reset();
  expect(await mock.find({ status: 401 })).toHaveLength(1);
  await mock.stop();
  expect(() => process.kill(mock.ready.pid, 0)).toThrow("ESRCH");
  await expect(mock.requests()).rejects.toThrow("does not respond");
});

plain("startMock() shows why the mock does not start", async () => {
  await expect(startMock({ args: ["--delay", "soon"] })).rejects.toThrow(StartError);
  await expect(startMock({ args: ["--delay", "soon"] })).rejects.toThrow(/Invalid delay "soon"/);
});

plain("startMock() says how to install or name a command that it does not find", async () => {
  vi.stubEnv("CHAT_CONTRACT", "/nowhere/chat-contract");
  await expect(startMock()).rejects.toThrow(/CHAT_CONTRACT names no program: \/nowhere\/chat-contract/);
  vi.stubEnv("CHAT_CONTRACT", "");
  vi.stubEnv("VIRTUAL_ENV", "");
  vi.stubEnv("PATH", "/nowhere");
  await expect(startMock({ cwd: "/" })).rejects.toThrow(CommandNotFoundError);
  await expect(startMock({ cwd: "/" })).rejects.toThrow(/pip install.*CHAT_CONTRACT/s);
});

plain("startMock() finds the command in .venv of a parent folder", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "project-"));
  const inner = path.join(folder, "packages", "shop");
  mkdirSync(inner, { recursive: true });
  mkdirSync(path.join(folder, ".venv", "bin"), { recursive: true });
  const script = path.join(folder, ".venv", "bin", "chat-contract");
  writeFileSync(script, `#!/bin/sh\nexec ${command} "$@" --latitude forbid\n`, { mode: 0o755 });
  vi.stubEnv("CHAT_CONTRACT", "");
  vi.stubEnv("VIRTUAL_ENV", "");
  vi.stubEnv("PATH", "/bin");
  const mock = await startMock({ cwd: inner });
  const body = JSON.stringify({ message: "A lamp", colour: "red" });
  const headers = { "Content-Type": "application/json" };
  expect((await fetch(`${mock.url}/chat`, { method: "POST", body, headers })).status).toBe(422);
  await mock.stop();
  rmSync(folder, { recursive: true });
});

plain("findCommand() ignores a .venv of another user in a folder for all users", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "shared-"));
  const inner = path.join(folder, "project");
  const program = path.join(folder, ".venv", "bin", "chat-contract");
  mkdirSync(inner);
  mkdirSync(path.dirname(program), { recursive: true });
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const { getuid } = process;
  const options = { cwd: inner, env: { PATH: `.${path.delimiter}/nowhere` } };
  if (process.getuid?.() === 0) chownSync(path.join(folder, ".venv"), 4321, 4321);
  else process.getuid = () => 4321;
  expect(findCommand(options)).toEqual([program]);
  chmodSync(folder, 0o1777);
  expect(() => findCommand(options)).toThrow(CommandNotFoundError);
  process.getuid = getuid;
  rmSync(folder, { recursive: true });
});

plain("CHAT_CONTRACT may be a command with arguments", async () => {
  vi.stubEnv("CHAT_CONTRACT", `/usr/bin/env ${command}`);
  await using mock = await startMock();
  expect(await mock.requests()).toEqual([]);
});

plain("the mock ends when the process that started it is killed", async () => {
  const script = `import { startMock } from "@chat-contract/mock"; console.log((await startMock()).ready.pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = Number(String((await once(child.stdout, "data"))[0]));
  expect(process.kill(pid, 0)).toBe(true);
  child.kill("SIGKILL");
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 60_000, interval: 100 });
});

plain("a process that forgets to stop the mock still ends, and the mock with it", async () => {
  const script = `import { startMock } from "@chat-contract/mock"; console.log((await startMock()).ready.pid);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = Number(String((await once(child.stdout, "data"))[0]));
  if (child.exitCode === null) await once(child, "exit");
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 60_000, interval: 100 });
});

plain("connect() explains that nobody listens", async () => {
  await expect(connect("http://127.0.0.1:1/v1").reset()).rejects.toThrow(/127\.0\.0\.1:1\/_mock does not respond/);
});

plain("a redirect is not followed, so the token goes to the mock only", async () => {
  const seen: unknown[] = [];
  const server = http.createServer((request, response) => {
    seen.push([request.url, request.headers["x-mock-token"]]);
    response.writeHead(302, { Location: "/elsewhere" }).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const mock = connect(`http://127.0.0.1:${port}/v1`, { token: "t0ken" });
  await expect(mock.reset()).rejects.toThrow("redirects to another address");
  expect(seen).toEqual([["/_mock/reset", "t0ken"]]);
  server.closeAllConnections();
  server.close();
});

plain("an invalid name of a space is rejected", () => {
  const mock = connect("http://127.0.0.1:1/v1");
  for (const name of ["..", ".", "", "a/b", "a?b", "é", "a\n"]) {
    expect(() => mock.space(name)).toThrow("Invalid space name");
  }
});

it("a filter with a name of the prototype of objects is an unknown filter", async ({ chatMock }) => {
  for (const name of ["constructor", "toString", "__proto__"]) {
    const filters = JSON.parse(`{"${name}": "x"}`) as object;
    await expect(chatMock.find(filters)).rejects.toThrow(name);
  }
});

plain("texts in errors are shown as escapes", () => {
  const shown = new ChatMockError("a\u001b[31m\u202eb\nc").message;
  expect(shown).toBe("a\\u001b[31m\\u202eb\nc");
});

plain("startMock() uses the token of CHAT_CONTRACT_MOCK_CONTROL_TOKEN", async () => {
  vi.stubEnv("CHAT_CONTRACT_MOCK_CONTROL_TOKEN", "t0ken");
  await using mock = await startMock();
  expect(await mock.requests()).toEqual([]);
  expect((await fetch(`${new URL(mock.url).origin}/_mock/requests`)).status).toBe(403);
});
