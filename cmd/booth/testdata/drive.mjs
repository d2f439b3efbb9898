// Runs the booth's worker under node for booth_test.go: the arguments are the folder with its files, a file that stands for the browser's
// database ("" for none), and what to do to the machine's randomness. A line of JSON on standard input is a call; every answer and every request
// over the network is a line of JSON on standard output.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, database, randomness, program] = process.argv.slice(2);
const say = (x) => process.stdout.write(JSON.stringify(x) + "\n");

if (randomness === "none") Object.defineProperty(globalThis.crypto, "getRandomValues", { value: undefined });
if (randomness === "sevens") Object.defineProperty(globalThis.crypto, "getRandomValues", { value: (a) => a.fill(7) });
Math.random = () => { say({ random: new Error().stack }); return 0.5; };

const network = globalThis.fetch;
globalThis.fetch = async (url, options = {}) => {
	url = String(url);
	if (url.startsWith("file:")) return new Response(readFileSync(new URL(url)));
	say({ request: { url, method: options.method, bytes: options.body?.length ?? 0, credentials: options.credentials, redirect: options.redirect, referrer: options.referrerPolicy, cache: options.cache } });
	return network(url, options);
};

// A database of one table, which is a file.
if (database) {
	let table = existsSync(database) ? new Map(JSON.parse(readFileSync(database, "utf8")).map(([k, v]) => [k, Uint8Array.from(v)])) : new Map();
	const later = (r, result) => { r.result = result; queueMicrotask(() => r.onsuccess?.()); return r; };
	globalThis.IDBKeyRange = { bound: (from, to) => ({ from, to }) };
	globalThis.indexedDB = {
		open: () => later({}, {
			transaction(_, mode, { durability }) {
				const t = {}, draft = new Map(table);
				if (durability !== "strict") throw new Error("not durable");
				let ended = false;
				const within = (range) => [...draft.keys()].filter((k) => k >= range.from && k < range.to).sort();
				t.objectStore = () => ({
					get: (k) => later({}, draft.get(k)),
					put: (v, k) => later({}, draft.set(k, v.slice())),
					getAllKeys: (range) => later({}, within(range)),
					delete: (range) => later({}, within(range).forEach((k) => draft.delete(k))),
				});
				t.abort = () => { ended = true; queueMicrotask(() => t.onabort?.()); };
				setTimeout(() => {
					if (ended) return;
					table = draft;
					if (mode === "readwrite") writeFileSync(database, JSON.stringify([...table].map(([k, v]) => [k, [...v]])));
					t.oncomplete?.();
				}, 1);
				return t;
			},
		}),
	};
}

let ready;
const started = new Promise((f) => { ready = f; });
globalThis.postMessage = (m) => {
	if (m.ready || m.failed) ready();
	say(m);
};
globalThis.onmessage = null; // which the worker sets
const url = (name) => pathToFileURL(join(folder, name)).href;
await import(url("worker.js"));
const { programs } = await import(url("programs.js"));
const name = program || "booth.wasm";
onmessage({ data: { load: { url: url(name), sha256: randomness === "other" ? "00" : programs[name].sha256, store: true } } });
await started;
for await (const line of createInterface({ input: process.stdin })) onmessage({ data: JSON.parse(line) });
process.exit(0);
