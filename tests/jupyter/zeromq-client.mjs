// Talks to the kernel through libzmq, as editors do that start kernels themselves: node zeromq-client.mjs COMMAND…
// COMMAND starts the kernel; the connection file is put behind it. Needs the npm package zeromq.
import { Dealer, Request, Subscriber } from "zeromq";
import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

const freePort = () => new Promise(resolve => {
    const server = createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address();
        server.close(() => resolve(port));
    });
});

async function connect(transport, command) {
    const folder = mkdtempSync(join(tmpdir(), "kernel-"));
    const names = ["shell", "iopub", "stdin", "control", "hb"];
    const ports = transport === "tcp" ? await Promise.all(names.map(freePort)) : [1, 2, 3, 4, 5];
    const key = randomUUID();
    const ip = transport === "tcp" ? "127.0.0.1" : join(folder, "k");
    const connection = { transport, ip, key, signature_scheme: "hmac-sha256", kernel_name: ".net-csharp" };
    names.forEach((name, i) => connection[`${name}_port`] = ports[i]);
    const file = join(folder, "connection.json");
    writeFileSync(file, JSON.stringify(connection));
    const kernel = spawn(command[0], [...command.slice(1), file], { stdio: ["ignore", "inherit", "inherit"] });
    const exited = new Promise(resolve => kernel.on("exit", code => resolve(code)));

    const address = name => transport === "tcp" ? `tcp://${ip}:${connection[`${name}_port`]}` : `ipc://${ip}-${connection[`${name}_port`]}`;
    const session = randomUUID();
    const sockets = { iopub: new Subscriber() };
    for (const name of ["shell", "stdin", "control"])
        sockets[name] = new Dealer({ routingId: session });
    sockets.hb = new Request();
    for (const [name, socket] of Object.entries(sockets)) {
        socket.linger = 0;
        socket.connect(address(name));
    }
    sockets.iopub.subscribe();

    const sign = parts => parts.reduce((h, p) => h.update(p), createHmac("sha256", key)).digest("hex");
    const send = async (channel, type, content, parent = {}) => {
        const header = { msg_id: randomUUID(), session, username: "test", date: new Date().toISOString(), msg_type: type, version: "5.3" };
        const parts = [header, parent, {}, content].map(x => JSON.stringify(x));
        await sockets[channel].send(["<IDS|MSG>", sign(parts), ...parts]);
        return header.msg_id;
    };
    const read = async socket => {
        const frames = await socket.receive();
        const start = frames.findIndex(f => f.toString() === "<IDS|MSG>");
        const parts = frames.slice(start + 2, start + 6);
        assert.equal(frames[start + 1].toString(), sign(parts), "the kernel's signature");
        const [header, parent, metadata, content] = parts.map(p => JSON.parse(p.toString()));
        return { type: header.msg_type, parent: parent.msg_id, content, metadata, header };
    };

    const published = [];
    const waiting = [];
    (async () => {
        try {
            for (;;) {
                published.push(await read(sockets.iopub));
                for (const check of [...waiting]) check();
            }
        } catch { /* the socket was closed */ }
    })();
    const until = found => new Promise(resolve => {
        const check = () => {
            if (!found()) return;
            waiting.splice(waiting.indexOf(check), 1);
            resolve();
        };
        waiting.push(check);
        check();
    });
    const reply = async (channel, id) => {
        for (;;) {
            const message = await read(sockets[channel]);
            if (message.parent === id) return message.content;
        }
    };
    const ask = async (channel, type, content) => reply(channel, await send(channel, type, content));
    const of = id => published.filter(m => m.parent === id);
    const idle = id => until(() => of(id).some(m => m.type === "status" && m.content.execution_state === "idle"));
    const execute = async (code, more = {}) => {
        const id = await send("shell", "execute_request", { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true, ...more });
        const content = await reply("shell", id);
        await idle(id);
        return { id, content, messages: of(id) };
    };
    const close = () => Object.values(sockets).forEach(s => s.close());
    return { sockets, send, read, reply, ask, of, idle, until, execute, exited, kernel, close };
}

async function converse(transport, command) {
    const k = await connect(transport, command);
    const began = Date.now();
    const info = await k.ask("shell", "kernel_info_request", {});
    console.log(`${transport}: answered after ${Date.now() - began} ms`);
    assert.equal(info.language_info.name, "C#");
    // A subscription reaches a publisher later than a request reaches a router: ask until both channels are heard.
    for (let heard = false; !heard;) {
        const id = await k.send("shell", "kernel_info_request", {});
        await k.reply("shell", id);
        heard = await Promise.race([k.idle(id).then(() => true), new Promise(r => setTimeout(() => r(false), 300))]);
    }

    await k.sockets.hb.send("ping");
    assert.equal((await k.sockets.hb.receive()).toString(), "ping");

    const sum = await k.execute("var a = 20;\na + 22");
    assert.equal(sum.content.status, "ok");
    assert.equal(sum.messages.find(m => m.type === "execute_result").content.data["text/plain"], "42");
    assert.deepEqual(sum.messages.filter(m => m.type === "status").map(m => m.content.execution_state), ["busy", "idle"]);

    const lines = await k.execute("for (var i = 0; i < 20000; i++) Console.WriteLine(i);");
    assert.equal(lines.messages.filter(m => m.type === "stream").map(m => m.content.text).join(""), Array.from({ length: 20000 }, (_, i) => `${i}\n`).join(""));

    // The cursor counts code points, of which the emoji is one.
    const typed = "\"\u{1F600}\".Length.ToString(); Console.WriteL";
    const complete = await k.ask("shell", "complete_request", { code: typed, cursor_pos: [...typed].length });
    assert.ok(complete.matches.includes("WriteLine"));
    assert.equal(complete.cursor_end, [...typed].length);
    assert.equal(complete.cursor_start, [...typed].length - "WriteL".length);
    assert.equal((await k.ask("shell", "is_complete_request", { code: "if (true) {" })).status, "incomplete");

    const loop = await k.send("shell", "execute_request", { code: "a = 21; while (true) { }", silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true });
    await k.until(() => k.of(loop).some(m => m.type === "execute_input"));
    await new Promise(r => setTimeout(r, 500));
    const pressed = Date.now();
    assert.equal((await k.ask("control", "interrupt_request", {})).status, "ok");
    assert.equal((await k.reply("shell", loop)).status, "error");
    console.log(`${transport}: a busy loop ended ${Date.now() - pressed} ms after the interrupt`);
    await k.idle(loop);
    const kept = await k.execute("a * 2");
    assert.equal(kept.messages.find(m => m.type === "execute_result").content.data["text/plain"], "42");

    const question = await k.send("shell", "execute_request", { code: "\"Hello \" + Console.ReadLine()", silent: false, store_history: true, user_expressions: {}, allow_stdin: true, stop_on_error: true });
    const asked = await k.read(k.sockets.stdin);
    assert.equal(asked.type, "input_request");
    await k.send("stdin", "input_reply", { value: "you" }, asked.header);
    assert.equal((await k.reply("shell", question)).status, "ok");
    await k.idle(question);
    assert.equal(k.of(question).find(m => m.type === "execute_result").content.data["text/plain"], "Hello you");

    assert.equal((await k.ask("control", "shutdown_request", { restart: false })).status, "ok");
    assert.equal(await k.exited, 0);
    k.close();
    console.log(`${transport}: as expected`);
}

const command = process.argv.slice(2);
setTimeout(() => { console.error("no answer for two minutes"); process.exit(1); }, 120_000).unref();
await converse("tcp", command);
await converse("ipc", command);
