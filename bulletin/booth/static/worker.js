// The worker in which a program of the booth runs: it checks that the program is the one that its page names, hands it the network, the store
// and nothing else, and carries calls and results between it and the page.

import "./wasm_exec.js";
import { openStore } from "./store.js";

let call = null; // the program's, once it runs

onmessage = async ({ data }) => {
	try {
		if (data.load) return await load(data.load);
		const { id, method, params } = data;
		try {
			const progress = (what, done, total) => postMessage({ id, progress: { what, done, total } });
			postMessage({ id, result: await call(method, params, progress) });
		} catch (e) {
			postMessage({ id, error: plain(e), fatal: e?.code === undefined || e.fatal === true });
		}
	} catch (e) {
		postMessage({ failed: plain(e) });
	}
};

// plain is an error as a message can carry it.
function plain(e) {
	const { code, sentence, hint, evidence } = e ?? {};
	return typeof code === "string" ? { code, sentence, hint, evidence } : { code: "internal", sentence: String(e?.message ?? e), hint: "" };
}

// load starts a program {url, sha256} and says when it takes calls.
async function load({ url, sha256, store }) {
	supported();
	const [bytes, hash] = await fetched(url, sha256);
	const program = await WebAssembly.compile(bytes);
	const go = new Go();
	globalThis.mandate = {
		fetch: send,
		store: store ? await openStore() : null,
		program: hash, // compared with what the vote's manifest pins
		ready: (f) => {
			call = f;
			postMessage({ ready: true });
		},
	};
	const instance = await WebAssembly.instantiate(program, go.importObject);
	// It ends only when it has failed: then nothing that was asked of it gets an answer.
	const ended = (e) => postMessage({ failed: { code: "internal", sentence: "the program has ended: " + String(e?.message ?? ""), hint: "" } });
	go.run(instance).then(ended, ended);
}

function supported() {
	const missing = ["WebAssembly", "fetch", "ReadableStream", "AbortController", "Go"].filter((x) => globalThis[x] === undefined);
	// Without the browser's own source of randomness nothing may be drawn, and nothing is.
	if (typeof globalThis.crypto?.getRandomValues !== "function") missing.push("crypto.getRandomValues");
	if (missing.length) throw { code: "unsupported", sentence: "this browser has no " + missing.join(", "), hint: "use a newer browser" };
}

// fetched returns a program and its hash, if that is the one that the page names. Only pages that came over an insecure connection from afar cannot tell.
async function fetched(url, sha256) {
	let bytes;
	try {
		const answer = await fetch(url, { credentials: "same-origin", redirect: "error", referrerPolicy: "no-referrer" });
		if (!answer.ok) throw new Error("status " + answer.status);
		bytes = await answer.arrayBuffer();
	} catch (e) {
		throw { code: "network", sentence: "loading the program: " + String(e?.message ?? e), hint: "try again" };
	}
	let hex = null;
	if (crypto.subtle) {
		const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
		hex = Array.from(hash, (b) => b.toString(16).padStart(2, "0")).join("");
		if (hex !== sha256) throw { code: "alarm", sentence: `the program at ${url} is not the one that this page belongs to: its SHA-256 is ${hex}`, hint: "do not vote here; tell the commission" };
	}
	return [bytes, hex];
}

// send is one request, a POST if there is a body: without cookies, redirects or a referrer, and with bounds to time and size.
async function send(url, body, limit, timeout, cached) {
	const stop = new AbortController();
	const timer = setTimeout(() => stop.abort(), timeout);
	try {
		const answer = await fetch(url, {
			method: body ? "POST" : "GET", body, headers: body ? { "Content-Type": "application/cbor" } : {},
			mode: "cors", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer", cache: cached ? "default" : "no-store", signal: stop.signal,
		});
		const header = (name) => answer.headers.get(name) ?? "";
		return {
			status: answer.status, type: header("Content-Type").split(";")[0].trim().toLowerCase(), index: header("Mandate-Index"), retryAfter: header("Retry-After"),
			body: await upTo(answer, limit, stop),
		};
	} finally {
		clearTimeout(timer);
	}
}

// upTo reads a body; of one that is longer than the limit, one byte more than that.
async function upTo(answer, limit, stop) {
	if (!answer.body) return new Uint8Array();
	const parts = [];
	let have = 0;
	for (const reader = answer.body.getReader(); have <= limit;) {
		const { done, value } = await reader.read();
		if (done) break;
		parts.push(value);
		have += value.length;
	}
	if (have > limit) stop.abort();
	const out = new Uint8Array(Math.min(have, limit + 1));
	let at = 0;
	for (const p of parts) {
		const piece = p.subarray(0, out.length - at);
		out.set(piece, at);
		at += piece.length;
	}
	return out;
}
